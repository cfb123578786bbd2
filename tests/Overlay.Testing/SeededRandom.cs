using Overlay.Core;

namespace Overlay.Testing;

/// <summary>Randomness that a seed replays.</summary>
public sealed class SeededRandom(int seed) : IRandom
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    public void Fill(Span<byte> destination)
    {
        lock (_gate)
            _random.NextBytes(destination);
    }
}
