using System.Collections.Concurrent;
using Overlay.Core;
using Overlay.Core.Names;

namespace Overlay.Dns.Forwarding;

/// <summary>
/// Remembers which upstream servers do not answer, so that clients do not wait for them one after the other. A dead
/// one is asked again after a while, by one question at a time. Servers are shared by sandboxes, and a server can be slow
/// for one name, whose own servers are: it takes several names without any answer in between to call it dead.
/// </summary>
internal sealed class UpstreamHealth(TimeProvider time)
{
    private const int MaxServers = 4096;
    private const int NamesToDeath = 3;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(UpstreamServer, ObjectId), State> _states = new();

    public bool MayAsk(Upstream upstream) => !_states.TryGetValue(KeyOf(upstream), out var state) || state.MayAsk(Now);

    public void Answered(Upstream upstream)
    {
        if (_states.TryGetValue(KeyOf(upstream), out var state))
            state.Revive();
    }

    /// <summary>No answer in time.</summary>
    public void Missed(Upstream upstream, ReadOnlySpan<byte> name) => StateOf(upstream).Miss(Now, name);

    /// <summary>The kernel knows that it cannot be reached: dead at once.</summary>
    public void Unreachable(Upstream upstream) => StateOf(upstream).Die(Now);

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
        private readonly List<byte[]> _missed = [];
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
            {
                _missed.Clear();
                _deadUntil = null;
            }
        }

        public void Miss(TimeSpan now, ReadOnlySpan<byte> name)
        {
            lock (_gate)
            {
                if (_missed.Count < NamesToDeath && !IsMissed(name))
                    _missed.Add(name.ToArray());
                if (_missed.Count == NamesToDeath)
                    _deadUntil = now + RetryAfter;
            }
        }

        public void Die(TimeSpan now)
        {
            lock (_gate)
                _deadUntil = now + RetryAfter;
        }

        private bool IsMissed(ReadOnlySpan<byte> name)
        {
            foreach (var missed in _missed)
            {
                if (name.SequenceEqual(missed))
                    return true;
            }
            return false;
        }
    }
}
