using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Liveness;

/// <summary>
/// Judges hosts by the answers to probes, one interval after the other; it neither sends nor waits.
/// <code>
///   never answered ──answer──► alive ──4 intervals without one──► dead ──answer──► alive
///   (the membership decides)          (an interval in which the prober was late counts for nothing)
/// </code>
/// A host is probed at one address while that one answers, and at all of its targets once it does not: a network may
/// have been taken away there a moment before it is taken away here. When nearly all hosts fall silent, the fault is
/// nearer home than that, and the membership decides.
/// </summary>
internal sealed class LivenessJudge(IClusterMembers members, TimeProvider time, Func<ulong> newCookie)
{
    public const int MissesToDeath = 4;

    private const int FewestForDoubt = 3;
    private const double ShareForDoubt = 0.8;

    private readonly Dictionary<string, Peer> _peers = [];
    private readonly Dictionary<ulong, (Peer Peer, Target Target)> _cookies = [];
    private ImmutableDictionary<string, ImmutableArray<Address>>? _targets;

    public ImmutableDictionary<string, HostDown> Down { get; private set; } = ImmutableDictionary<string, HostDown>.Empty;

    /// <summary>A reply came; an unknown cookie is not one of ours.</summary>
    public void Answered(ulong cookie)
    {
        if (!_cookies.TryGetValue(cookie, out var found))
            return;
        if (!found.Peer.HasAnswered)
            found.Peer.Current = found.Target;
        found.Target.HasAnswered = found.Peer.HasAnswered = true;
    }

    /// <summary>Ends one interval and begins the next: which addresses to probe now, with which cookies.</summary>
    /// <param name="onTime">The interval was as long as it should have been: its misses count.</param>
    public List<(Address To, ulong Cookie)> Next(ImmutableDictionary<string, ImmutableArray<Address>> targets, bool onTime)
    {
        foreach (var peer in _peers.Values)
            peer.EndInterval(onTime);
        if (!ReferenceEquals(targets, _targets))
            Follow(_targets = targets);
        Judge();
        var probes = new List<(Address, ulong)>(_peers.Count);
        foreach (var peer in _peers.Values)
            probes.AddRange(peer.BeginInterval().Select(t => (t.Address, t.Cookie)));
        return probes;
    }

    private void Judge()
    {
        var judged = _peers.Values.Count(p => p.IsKnown);
        var dead = _peers.Values.Count(p => p.IsDead);
        var isDoubtful = judged >= FewestForDoubt && dead >= judged * ShareForDoubt;
        var live = isDoubtful || judged < _peers.Count ? members.Live : null;
        var down = Down.ToBuilder();
        foreach (var gone in Down.Keys.Where(host => !_peers.ContainsKey(host)))
            down.Remove(gone);
        foreach (var (host, peer) in _peers)
        {
            var byMembership = !peer.IsKnown || isDoubtful;
            var isDown = byMembership ? !peer.IsAlive && live?.Contains(host) == false : peer.IsDead;
            if (!isDown)
                down.Remove(host);
            else if (!down.ContainsKey(host))
                down[host] = new(time.GetUtcNow(), byMembership);
        }
        Down = down.ToImmutable();
    }

    private void Follow(ImmutableDictionary<string, ImmutableArray<Address>> targets)
    {
        foreach (var gone in _peers.Keys.Where(host => !targets.ContainsKey(host)).ToArray())
            _peers.Remove(gone);
        foreach (var (host, addresses) in targets)
        {
            if (!_peers.TryGetValue(host, out var peer))
                _peers[host] = peer = new Peer();
            peer.Follow(addresses, newCookie);
        }
        _cookies.Clear();
        foreach (var peer in _peers.Values)
        {
            foreach (var target in peer.Targets)
                _cookies.Add(target.Cookie, (peer, target));
        }
    }

    /// <summary>The cookie is the target's for as long as it is one, and nobody else can know it.</summary>
    private sealed record Target(Address Address, ulong Cookie)
    {
        public bool HasAnswered { get; set; }
    }

    private sealed class Peer
    {
        private int _misses;
        private bool _wasAsked;

        public ImmutableArray<Target> Targets { get; private set; } = [];

        public Target? Current { get; set; }

        /// <summary>In this interval.</summary>
        public bool HasAnswered { get; set; }

        /// <summary>One of its targets has answered before, so silence means something.</summary>
        public bool IsKnown => Targets.Any(t => t.HasAnswered);

        public bool IsDead => IsKnown && _misses >= MissesToDeath;

        public bool IsAlive => IsKnown && !IsDead;

        public void Follow(ImmutableArray<Address> addresses, Func<ulong> newCookie)
        {
            Targets = [.. addresses.Select(a => Targets.FirstOrDefault(t => t.Address == a) ?? new Target(a, newCookie()))];
            if (Current is not null && !Targets.Contains(Current))
                Current = null;
        }

        public void EndInterval(bool onTime)
        {
            if (HasAnswered || !IsKnown)
                _misses = 0;
            else if (onTime && _wasAsked)
                _misses++;
            HasAnswered = false;
        }

        public ImmutableArray<Target> BeginInterval()
        {
            ImmutableArray<Target> asked = _misses == 0 && Current is not null ? [Current] : Targets;
            _wasAsked = asked.Any(t => t.HasAnswered);
            return asked;
        }
    }
}
