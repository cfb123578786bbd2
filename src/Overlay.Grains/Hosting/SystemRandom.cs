using System.Security.Cryptography;
using Overlay.Core;

namespace Overlay.Grains.Hosting;

public sealed class SystemRandom : IRandom
{
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
