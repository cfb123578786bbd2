using System.Collections.Concurrent;
using Overlay.Core;
using Overlay.Core.Names;

namespace Overlay.Dns.Forwarding;

/// <summary>
/// Remembers which upstream servers do not answer, so that clients do not wait for them one after the other. A dead
/// one is asked again after a while, by one question at a time.
/// </summary>
internal sealed class UpstreamHealth(TimeProvider time)
{
    private const int MaxServers = 4096;
    private const int MissesToDeath = 3;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(UpstreamServer, ObjectId), State> _states = new();

    public bool MayAsk(Upstream upstream) => !_states.TryGetValue(KeyOf(upstream), out var state) || state.MayAsk(Now);

    public void Answered(Upstream upstream)
    {
        if (_states.TryGetValue(KeyOf(upstream), out var state))
            state.Revive();
    }

    /// <summary>No answer in time: dead after several in a row, for packets get lost.</summary>
    public void Missed(Upstream upstream) => StateOf(upstream).Miss(Now, MissesToDeath);

    /// <summary>The kernel knows that it cannot be reached: dead at once.</summary>
    public void Unreachable(Upstream upstream) => StateOf(upstream).Miss(Now, 1);

    private TimeSpan Now => time.GetElapsedTime(0);

    private static (UpstreamServer, ObjectId) KeyOf(Upstream upstream) => (upstream.Server, upstream.Namespace);

    private State StateOf(Upstream upstream)
    {
        if (_states.Count >= MaxServers)
            _states.Clear();
        return _states.GetOrAdd(KeyOf(upstream), _ => new State());
    }

    private sealed class State
    {
        private readonly Lock _gate = new();
        private int _misses;
        private TimeSpan? _deadUntil;

        public bool MayAsk(TimeSpan now)
        {
            lock (_gate)
            {
                if (_deadUntil is not { } until)
                    return true;
                if (now < until)
                    return false;
                // This caller is the probe; the next one waits for its turn.
                _deadUntil = now + RetryAfter;
                return true;
            }
        }

        public void Revive()
        {
            lock (_gate)
                (_misses, _deadUntil) = (0, null);
        }

        public void Miss(TimeSpan now, int missesToDeath)
        {
            lock (_gate)
            {
                if (++_misses >= missesToDeath)
                    _deadUntil = now + RetryAfter;
            }
        }
    }
}
