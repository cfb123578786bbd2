using System.Security.Cryptography;

namespace Overlay.Dns.Answering;

/// <summary>A fast source of unpredictable-enough numbers for the order of records; one for each thread.</summary>
internal struct Rotation(ulong seed)
{
    private ulong _state = seed | 1;

    public static Rotation Seeded()
    {
        Span<byte> seed = stackalloc byte[8];
        RandomNumberGenerator.Fill(seed);
        return new(BitConverter.ToUInt64(seed));
    }

    /// <summary>Uniform in [0, limit).</summary>
    public int Below(int limit)
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (int)Math.BigMul(_state * 0x2545F4914F6CDD1D, (ulong)limit, out _);
    }
}
