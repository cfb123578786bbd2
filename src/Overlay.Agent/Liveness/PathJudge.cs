using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Liveness;

/// <param name="Address">A node address of the host.</param>
/// <param name="Size">Bytes of an IP packet that must reach it, and come back, in one piece.</param>
internal readonly record struct PathTarget(Address Address, int Size);

/// <param name="Cookie">Comes back in the reply.</param>
internal readonly record struct PathProbe(Address To, ulong Cookie, int Size);

/// <summary>
/// Judges whether full-size packets reach the other hosts through the tunnel, and where they do not, how large a packet
/// does: one interval after the other; it neither sends nor waits.
/// <code>
///   carries ──3 full-size probes lost──► searching (halving) ──► narrow ──a full-size probe answered──► carries
///      ▲──── the smallest is lost too ───┘   ▲────────── each minute ───────┘
/// </code>
/// A probe is lost when no answer came within four intervals in which the prober was on time, and the host was alive.
/// </summary>
internal sealed class PathJudge(Func<ulong> newCookie)
{
    public const int LostToNarrow = 3;

    /// <summary>Between two full-size probes of a path that carries them, in intervals; and of one that does not.</summary>
    public const int Rest = 40;
    public const int NarrowRest = 20;

    /// <summary>What every IPv4 link carries (RFC 791).</summary>
    public const int Smallest = 68;

    private const int Patience = 4;
    private const int LostInSearch = 2;
    private const int ProbesToNextSearch = 12;

    private readonly Dictionary<string, Path> _paths = [];
    private readonly Dictionary<ulong, Path> _asked = [];

    /// <summary>Host → bytes of the largest packet that passes, where that is less than its target's size.</summary>
    public ImmutableDictionary<string, int> Narrow { get; private set; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>A reply came; an unknown cookie is not one of ours.</summary>
    public void Answered(ulong cookie)
    {
        if (_asked.Remove(cookie, out var path))
            path.Answered(cookie);
    }

    /// <summary>Ends one interval and begins the next: what to send now.</summary>
    /// <param name="isDown">The host does not answer small packets either.</param>
    /// <param name="onTime">The interval was as long as it should have been: waiting in it counts.</param>
    public List<PathProbe> Next(ImmutableDictionary<string, PathTarget> targets, Func<string, bool> isDown, bool onTime)
    {
        foreach (var gone in _paths.Where(p => !targets.TryGetValue(p.Key, out var target) || target != p.Value.Target || isDown(p.Key)).ToArray())
            _paths.Remove(gone.Key);
        var probes = new List<PathProbe>();
        foreach (var (host, target) in targets.Where(t => !isDown(t.Key)))
        {
            if (!_paths.TryGetValue(host, out var path))
                _paths[host] = path = new Path(target);
            if (path.Next(onTime, newCookie) is { } probe)
                probes.Add(probe);
        }
        Remember();
        Publish();
        return probes;
    }

    private void Remember()
    {
        _asked.Clear();
        foreach (var path in _paths.Values)
        {
            if (path.Asked is { } asked)
                _asked[asked.Cookie] = path;
        }
    }

    private void Publish()
    {
        var narrow = _paths.Where(p => p.Value.Carried is not null).ToDictionary(p => p.Key, p => p.Value.Carried!.Value);
        if (narrow.Count != Narrow.Count || narrow.Any(n => Narrow.GetValueOrDefault(n.Key) != n.Value))
            Narrow = narrow.ToImmutableDictionary();
    }

    private sealed class Path(PathTarget target)
    {
        private int _waited;
        private int _rest;
        private int _lost;
        private int _sinceSearch;

        // While searching: what is known to pass (0: nothing yet), and what is known not to.
        private (int Passes, int Fails)? _search;

        public PathTarget Target => target;

        public PathProbe? Asked { get; private set; }

        /// <summary>Null: all of it, as far as is known.</summary>
        public int? Carried { get; private set; }

        public void Answered(ulong cookie)
        {
            if (Asked is not { } asked || asked.Cookie != cookie)
                return;
            (Asked, _lost) = (null, 0);
            if (asked.Size == target.Size)
                (_search, Carried, _rest) = (null, null, Rest);
            else if (_search is { } search)
                Search(asked.Size, search.Fails);
        }

        public PathProbe? Next(bool onTime, Func<ulong> newCookie)
        {
            if (Asked is { } asked && onTime && ++_waited >= Patience)
                Lost(asked);
            if (Asked is not null || _rest-- > 0)
                return null;
            (_waited, _rest) = (0, 0);
            return Asked = new(target.Address, newCookie(), NextSize());
        }

        private int NextSize() => _search switch
        {
            null => target.Size,
            { Passes: 0 } => Smallest,
            var (passes, fails) => passes + (fails - passes) / 2,
        };

        private void Lost(PathProbe asked)
        {
            Asked = null;
            _lost++;
            if (_search is { } search)
            {
                if (_lost < LostInSearch)
                    return;
                // Not even the smallest: it is not the size that keeps them from that address.
                if (search.Passes == 0)
                    (_search, Carried, _lost, _rest) = (null, null, 0, NarrowRest);
                else
                    Search(search.Passes, asked.Size);
            }
            else if (Carried is null ? _lost >= LostToNarrow : ++_sinceSearch >= ProbesToNextSearch)
            {
                Search(0, target.Size);
            }
            else if (Carried is not null)
            {
                _rest = NarrowRest;
            }
        }

        private void Search(int passes, int fails)
        {
            (_lost, _sinceSearch) = (0, 0);
            if (fails - passes > 1)
                _search = (passes, fails);
            else
                (_search, Carried, _rest) = (null, passes, NarrowRest);
        }
    }
}
