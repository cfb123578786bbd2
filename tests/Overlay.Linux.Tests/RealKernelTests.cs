using Overlay.Linux.Tests.Contract;

namespace Overlay.Linux.Tests;

public sealed class RealKernelTests() : KernelContract(new Kernel());
