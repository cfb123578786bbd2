using System.Collections.Immutable;
using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Firewalls;

/// <summary>
/// Other people's packet filters on this host. A packet that our own table accepts still passes theirs, in any order:
/// what they drop is lost, and nothing that is ours may change them. So they are read, one packet of each kind that our
/// networks need is followed through them, and what is certain to be dropped is told, with the command that mends it.
/// Read only when something reported a change of rules, or on the timer.
/// </summary>
internal sealed class ForeignFirewalls(INetNamespace host, Address tunnel, int vxlanPort)
{
    private const string NotYet = "they have not been read yet";

    private ImmutableArray<ForeignTable> _tables = [];
    private string? _unread = NotYet;
    private (ImmutableArray<ForeignTable> Tables, FilterElements Filter, int Tunnels)? _judged;

    /// <summary>What they drop of what our networks need, a line for each chain.</summary>
    public ImmutableArray<string> Warnings { get; private set; } = [];

    /// <summary>Somebody else looks at forwarded packets.</summary>
    public bool FiltersForwarding => _tables.Any(t => t.Chains.Values.Any(c => c.Hook == "forward"));

    /// <param name="look">Something may have changed since the last time.</param>
    public void Read(bool look)
    {
        if (!look && _unread is null)
            return;
        try
        {
            _tables = ReadAll();
            _unread = null;
        }
        catch (KernelException error)
        {
            // Nothing of ours depends on it: it is told, and tried again.
            _unread = error.Message;
        }
        _judged = null;
    }

    private ImmutableArray<ForeignTable> ReadAll()
    {
        var tables = TableReader.Filtering(host.Nftables.ListChains())
            .Where(name => name != HostRuleset.Table)
            .Select(name => host.Nftables.List(name))
            .OfType<string>()
            .Select(text => TableReader.Read(text));
        var legacy = new[] { false, true }
            .Select(host.ListLegacyFilter)
            .OfType<string>()
            .Select(text => TableReader.Read(text, isLegacy: true));
        return [.. tables, .. legacy];
    }

    /// <param name="dump">Addresses and routes of the host; asked for only when there is something to judge.</param>
    public void Judge(DesiredHost desired, Func<HostDump> dump)
    {
        if (!desired.Carries)
            _unread = NotYet;
        if (!desired.Carries || (_tables.IsEmpty && _unread is null))
        {
            (Warnings, _judged) = ([], null);
            return;
        }
        var tunnels = desired.Links.Sum(l => l.Forwards.Length);
        if (_judged is { } before && before.Tables == _tables && before.Filter.SameAs(desired.Filter) && before.Tunnels == tunnels)
            return;
        var ways = PacketWays.Of(desired, dump(), tunnel, vxlanPort, host.ReadSysctl("net/bridge/bridge-nf-call-iptables") is "1");
        Warnings = [.. _tables.SelectMany(table => Judge(table, ways))];
        if (_unread is not null)
            Warnings = Warnings.Add($"what other packet filters of this host drop is not known: {_unread}");
        _judged = (_tables, desired.Filter, tunnels);
    }

    private static IEnumerable<string> Judge(ForeignTable table, List<PacketWay> ways) =>
        from chain in table.Chains.Values.OrderBy(c => c.Name, StringComparer.Ordinal)
        where chain.Hook is not null
        let dropped = (from way in ways
                       where way.Hook == chain.Hook && table.Sees(way.Packet.IsV4)
                       let fate = new PacketWalk(table, way.Packet).Through(chain)
                       where fate.Fate == Fate.Dropped
                       select (way, fate)).ToList()
        where dropped.Count > 0
        select Remedy.Words(table, chain, dropped[0].fate, [.. dropped.Select(d => d.way)]);
}
