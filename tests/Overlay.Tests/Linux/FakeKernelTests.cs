using Overlay.Linux.Tests.Contract;
using Overlay.Testing.Kernels;

namespace Overlay.Tests.Linux;

/// <summary>The fake keeps the contract that the real kernel keeps in Overlay.Linux.Tests.</summary>
public sealed class FakeKernelTests() : KernelContract(new FakeKernel());
