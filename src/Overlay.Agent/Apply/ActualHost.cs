using System.Diagnostics.CodeAnalysis;
using Overlay.Agent.Desired;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// What the host's kernel holds, kept from pass to pass so that a change costs what changed and not what is there: the
/// links as last read, and for each of ours the desired link that it was found, or made, equal to (it is <i>settled</i>).
/// <code>
///   notices ──► agree with what is settled (mostly the echo of our own writes): nothing
///           └─► do not: the link is suspect, and its contents are read again
///   pass    ──► plans what is suspect, what is desired otherwise than settled, and what is settled and not desired
/// </code>
/// Notices come in order, so the last one about an object decides whether what is settled holds; one that comes between a
/// look and a write is judged after it. Where knowledge is lost (an overrun, an exception, many suspects at once), and on
/// the timer, everything is read. Not thread-safe: one loop applies.
/// </summary>
internal sealed class ActualHost(INetNamespace host)
{
    /// <summary>Of more links at once the contents are read together with everybody's.</summary>
    private const int MostReadSingly = 8;

    private readonly Dictionary<string, Link> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, SettledLink> _settled = new(StringComparer.Ordinal);
    private readonly HashSet<int> _stale = [];
    private readonly HashSet<string> _suspects = new(StringComparer.Ordinal);
    private bool _isKnown;

    public IReadOnlyDictionary<string, Link> Links => _links;

    /// <summary>Takes in what the kernel reported since the last pass.</summary>
    public void Hear(IReadOnlyList<KernelNotice> notices)
    {
        foreach (var notice in notices)
        {
            switch (notice.Kind)
            {
                case KernelEvents.Overrun:
                    _isKnown = false;
                    break;
                case KernelEvents.Links:
                    _stale.Add(notice.Link);
                    break;
                case KernelEvents.Addresses when IsSettled(notice.Link, out var link) && link.Desired.HasContents:
                    _suspects.Add(link.Desired.Name);
                    break;
                case KernelEvents.Routes when notice.About is Route route && LinkContents.MayConcern(route, notice.IsGone):
                    Hear(route);
                    break;
                case KernelEvents.Neighbours when IsSettled(notice.Link, out var link) && link.Desired.HasContents && !link.Agrees((Neighbour)notice.About!, notice.IsGone):
                    Doubt(link.Desired.Name);
                    break;
                case KernelEvents.Fdb when notice.About is FdbEntry entry:
                    Hear(entry, notice.IsGone);
                    break;
            }
        }
    }

    /// <summary>What a pass has to plan, with what the kernel holds of it.</summary>
    /// <param name="everything">Read all, and plan all.</param>
    public HostLook Look(DesiredHost desired, bool everything)
    {
        if (_isKnown && !everything)
        {
            ReadStaleLinks();
            var links = desired.Links.Where(link => !Holds(link)).ToList();
            if (links.Count(HasUnknownContents) <= MostReadSingly)
            {
                _isKnown = false;
                return new(links, Surplus(desired, links), HostDump.Of(host, _links, links, _settled));
            }
        }
        _isKnown = false;
        var dump = HostDump.Of(host);
        Take(dump);
        return new(desired.Links, [.. _links.Values], dump);
    }

    /// <summary>Reads the links again that a plan has made or changed.</summary>
    public void Wrote(IEnumerable<PlannedChange> changes)
    {
        foreach (var name in changes.Select(c => NameOf(c.Change)).OfType<string>().Distinct(StringComparer.Ordinal))
            Put(name, host.FindLink(name));
    }

    /// <summary>Nothing is known: the next look reads everything.</summary>
    public void Forget() => _isKnown = false;

    /// <summary>The pass is over.</summary>
    /// <param name="succeeded">Every write to the host's links was acknowledged; else nothing is known of those that the
    /// pass planned.</param>
    public void Settle(HostLook look, Plan plan, bool succeeded)
    {
        _suspects.Clear();
        foreach (var link in look.Planned)
        {
            if (succeeded && !plan.Refused.Contains(link.Name) && _links.TryGetValue(link.Name, out var actual))
                _settled[link.Name] = new(link, actual);
            else
                _settled.Remove(link.Name);
        }
        if (!succeeded)
            _suspects.UnionWith(look.Surplus.Select(l => l.Name).Where(_links.ContainsKey));
        _isKnown = true;
    }

    private static string? NameOf(KernelChange change) => change switch
    {
        AddLink link => link.Name,
        SetLink link => link.Name,
        SetBridgePort port => port.Name,
        DeleteLink link => link.Name,
        _ => null,
    };

    private bool Holds(DesiredLink link) =>
        _settled.TryGetValue(link.Name, out var settled) && ReferenceEquals(settled.Desired, link) && !_suspects.Contains(link.Name);

    private bool HasUnknownContents(DesiredLink link) => (link.HasContents || link.IsPort) && _links.ContainsKey(link.Name) && !_settled.ContainsKey(link.Name);

    private List<Link> Surplus(DesiredHost desired, List<DesiredLink> planned)
    {
        var names = planned.Select(l => l.Name).ToHashSet(StringComparer.Ordinal);
        var surplus = _suspects.Where(name => !names.Contains(name)).ToHashSet(StringComparer.Ordinal);
        // What is not planned is settled; more than that are settled only when some are not desired any more.
        if (_settled.Count > desired.Links.Length - planned.Count + names.Count(_settled.ContainsKey))
        {
            surplus.UnionWith(_settled.Keys);
            surplus.ExceptWith(desired.Links.Select(l => l.Name));
        }
        return [.. surplus.Where(_links.ContainsKey).Select(name => _links[name])];
    }

    private bool IsSettled(int index, [NotNullWhen(true)] out SettledLink? link)
    {
        link = null;
        return _names.TryGetValue(index, out var name) && _settled.TryGetValue(name, out link);
    }

    // 'ip route replace' onto another link tells nothing of the route that it replaced.
    private void Hear(Route route)
    {
        foreach (var (name, link) in _settled)
        {
            if ((link.Index == route.LinkIndex && link.Desired.HasContents) || link.RoutesTo(route.Destination))
                _suspects.Add(name);
        }
    }

    // A bridge has one entry per MAC: set on another port, it is gone from ours.
    private void Hear(FdbEntry entry, bool isGone)
    {
        if (IsSettled(entry.LinkIndex, out var link) && !link.Agrees(entry, isGone))
            Doubt(link.Desired.Name);
        if (isGone || entry.Bridge == 0)
            return;
        foreach (var port in _settled.Values.Where(l => l.Index != entry.LinkIndex && l.Forwards(entry.Mac) && _links.GetValueOrDefault(l.Desired.Name)?.Master == entry.Bridge).ToList())
            Doubt(port.Desired.Name);
    }

    private void Doubt(string name)
    {
        _settled.Remove(name);
        _suspects.Add(name);
    }

    private void ReadStaleLinks()
    {
        foreach (var index in _stale)
        {
            var link = host.FindLink(index);
            if (_names.TryGetValue(index, out var name) && name != link?.Name)
            {
                Doubt(name);
                Put(name, null);
            }
            if (link is null)
                continue;
            var before = _links.GetValueOrDefault(link.Name);
            Put(link.Name, link);
            if (before is null || (before.Index, before.Master, before.IsUp) != (link.Index, link.Master, link.IsUp))
                Doubt(link.Name);
            else if (before != link || (IsSettled(index, out var settled) && settled.Desired.HasContents))
                _suspects.Add(link.Name);
            // A VLAN link of ours has its parent's MTU.
            if (before?.Mtu != link.Mtu)
                _suspects.UnionWith(_settled.Values.Where(l => l.Desired.Parent == link.Name).Select(l => l.Desired.Name));
        }
        _stale.Clear();
    }

    private void Put(string name, Link? link)
    {
        if (_links.TryGetValue(name, out var before) && before.Index != link?.Index)
            _names.Remove(before.Index);
        if (link is null)
        {
            _links.Remove(name);
            // The same may be desired again.
            _settled.Remove(name);
            return;
        }
        _links[name] = link;
        _names[link.Index] = name;
    }

    private void Take(HostDump dump)
    {
        _links.Clear();
        _names.Clear();
        _stale.Clear();
        _settled.Clear();
        foreach (var (name, link) in dump.Links)
            Put(name, link);
    }
}

/// <param name="Planned">The desired links to be planned, bottom up.</param>
/// <param name="Surplus">Links that may have to go: those of ours among them that are not desired.</param>
/// <param name="Dump">All links, and the contents of those to be planned.</param>
internal sealed record HostLook(IReadOnlyList<DesiredLink> Planned, IReadOnlyList<Link> Surplus, HostDump Dump);
