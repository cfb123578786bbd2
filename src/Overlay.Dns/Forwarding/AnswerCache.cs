using Overlay.Core.Names;

namespace Overlay.Dns.Forwarding;

/// <summary>
/// Answers of upstream servers, kept for as long as they say. A set-associative array of immutable entries: a look-up
/// takes no lock and allocates nothing, and it cannot grow: at most <see cref="Sets"/> × <see cref="Ways"/> answers of
/// <see cref="MaxAnswer"/> bytes, 16 MB.
/// </summary>
internal sealed class AnswerCache(TimeProvider time)
{
    private const int Sets = 2048;
    private const int Ways = 4;
    private const int MaxAnswer = 2048;

    private readonly Entry?[] _entries = new Entry?[Sets * Ways];

    public ForeignAnswer? Find(ReadOnlySpan<byte> key, out TimeSpan age)
    {
        var now = time.GetTimestamp();
        foreach (ref var slot in SetOf(key))
        {
            if (Volatile.Read(ref slot) is { } entry && key.SequenceEqual(entry.Key))
            {
                age = time.GetElapsedTime(entry.Stored, now);
                return age < entry.Answer.Ttl ? entry.Answer : null;
            }
        }
        age = default;
        return null;
    }

    public void Keep(byte[] key, ForeignAnswer answer)
    {
        if (answer.Ttl <= TimeSpan.Zero || answer.Size > MaxAnswer)
            return;
        var now = time.GetTimestamp();
        var set = SetOf(key);
        var victim = 0;
        var leastLeft = TimeSpan.MaxValue;
        for (var way = 0; way < Ways; way++)
        {
            var entry = set[way];
            var left = entry is null || key.AsSpan().SequenceEqual(entry.Key) ? TimeSpan.MinValue
                : entry.Answer.Ttl - time.GetElapsedTime(entry.Stored, now);
            if (left < leastLeft)
                (victim, leastLeft) = (way, left);
        }
        Volatile.Write(ref set[victim], new Entry(key, answer, now));
    }

    private Span<Entry?> SetOf(ReadOnlySpan<byte> key) =>
        _entries.AsSpan((int)(NameKey.Hash(key) % Sets) * Ways, Ways);

    private sealed record Entry(byte[] Key, ForeignAnswer Answer, long Stored);
}
