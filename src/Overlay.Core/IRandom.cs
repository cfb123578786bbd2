namespace Overlay.Core;

/// <summary>Randomness, injected: a seed replays a run. Thread-safe.</summary>
public interface IRandom
{
    void Fill(Span<byte> destination);

    ObjectId NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Fill(bytes);
        return ObjectId.FromBytes(bytes);
    }

    Addressing.MacAddress NewMac()
    {
        Span<byte> bytes = stackalloc byte[6];
        Fill(bytes);
        return Addressing.MacAddress.FromRandom(bytes);
    }
}
