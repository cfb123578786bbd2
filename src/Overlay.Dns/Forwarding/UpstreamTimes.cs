using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;
using Overlay.Core;
using Overlay.Core.Names;

namespace Overlay.Dns.Forwarding;

/// <summary>
/// Which upstream server to ask first: the given order, unless an earlier one was measured to be slower by a factor, not
/// by a little. Times get old, so that each server is asked, and measured, again now and then; one that does not answer
/// at all is <see cref="UpstreamHealth"/>'s business.
/// </summary>
internal sealed class UpstreamTimes(TimeProvider time)
{
    private const int MaxServers = 4096;

    /// <summary>Nobody waits noticeably for less; above it each class is twice as slow as the one before.</summary>
    private const int QuickMilliseconds = 16;

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(UpstreamServer, ObjectId), Measured> _measured = new();

    public void Took(Upstream upstream, TimeSpan took)
    {
        if (_measured.Count >= MaxServers)
            _measured.Clear();
        var now = time.GetTimestamp();
        _measured.AddOrUpdate(
            KeyOf(upstream),
            _ => new(took.TotalMilliseconds, now),
            (_, before) => new(IsOld(before) ? took.TotalMilliseconds : before.Milliseconds + (took.TotalMilliseconds - before.Milliseconds) / 4, now));
    }

    public ImmutableArray<Upstream> InOrder(ImmutableArray<Upstream> servers) =>
        servers.Length < 2 ? servers : [.. servers.OrderBy(ClassOf)];

    private static (UpstreamServer, ObjectId) KeyOf(Upstream upstream) => (upstream.Server, upstream.Namespace);

    private bool IsOld(Measured measured) => time.GetElapsedTime(measured.At) >= Memory;

    private int ClassOf(Upstream upstream) =>
        _measured.TryGetValue(KeyOf(upstream), out var measured) && !IsOld(measured)
            ? BitOperations.Log2(2 * (uint)measured.Milliseconds / QuickMilliseconds | 1)
            : 0;

    private sealed record Measured(double Milliseconds, long At);
}
