using Overlay.Agent.Desired;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>What a namespace's kernel holds, read in one go.</summary>
internal sealed record HostDump(
    IReadOnlyDictionary<string, Link> Links,
    ILookup<int, InterfaceAddress> Addresses,
    ILookup<int, Neighbour> Neighbours,
    ILookup<int, FdbEntry> Fdb,
    ILookup<int, Route> Routes)
{
    public static HostDump Of(INetNamespace space) => new(
        space.DumpLinks().ToDictionary(l => l.Name),
        space.DumpAddresses().ToLookup(a => a.LinkIndex),
        space.DumpNeighbours().ToLookup(n => n.LinkIndex),
        space.DumpFdb().ToLookup(f => f.LinkIndex),
        space.DumpRoutes().ToLookup(r => r.LinkIndex));

    /// <summary>All links, and what hangs on those that are planned: addresses and routes are few, and read; neighbours and
    /// forwarding entries are those that the link was left with, where that is known.</summary>
    public static HostDump Of(
        INetNamespace space, IReadOnlyDictionary<string, Link> links, IReadOnlyCollection<DesiredLink> planned, IReadOnlyDictionary<string, SettledLink> settled)
    {
        var there = planned.Where(link => (link.HasContents || link.IsPort) && links.ContainsKey(link.Name)).Select(link => (links[link.Name].Index, Link: link, Left: settled.GetValueOrDefault(link.Name)?.Desired)).ToList();
        var contents = there.Where(t => t.Link.HasContents).ToList();
        return new(
            links,
            contents.SelectMany(t => space.DumpAddresses(t.Index)).ToLookup(a => a.LinkIndex),
            contents.SelectMany(t => t.Left is null ? space.DumpNeighbours(t.Index) : LinkContents.NeighboursOf(t.Left, t.Index)).ToLookup(n => n.LinkIndex),
            there.SelectMany(t => !t.Link.IsPort ? [] : t.Left is null ? space.DumpFdb(t.Index) : LinkContents.EntriesOf(t.Left, t.Index, links[t.Link.Name].Master)).ToLookup(f => f.LinkIndex),
            contents.SelectMany(t => space.DumpRoutes(t.Index)).ToLookup(r => r.LinkIndex));
    }

    /// <summary>Without neighbours and forwarding entries: in a sandbox they are the kernel's own.</summary>
    public static HostDump OfSandbox(INetNamespace space) => WithoutEntries(space, space.DumpLinks().ToDictionary(l => l.Name));

    /// <summary>All addresses and routes, and neither neighbours nor forwarding entries.</summary>
    public static HostDump WithoutEntries(INetNamespace space, IReadOnlyDictionary<string, Link> links) => new(
        links,
        space.DumpAddresses().ToLookup(a => a.LinkIndex),
        Array.Empty<Neighbour>().ToLookup(n => n.LinkIndex),
        Array.Empty<FdbEntry>().ToLookup(f => f.LinkIndex),
        space.DumpRoutes().ToLookup(r => r.LinkIndex));
}
