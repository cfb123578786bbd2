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

    /// <summary>Without neighbours and forwarding entries: in a sandbox they are the kernel's own.</summary>
    public static HostDump OfSandbox(INetNamespace space) => new(
        space.DumpLinks().ToDictionary(l => l.Name),
        space.DumpAddresses().ToLookup(a => a.LinkIndex),
        Array.Empty<Neighbour>().ToLookup(n => n.LinkIndex),
        Array.Empty<FdbEntry>().ToLookup(f => f.LinkIndex),
        space.DumpRoutes().ToLookup(r => r.LinkIndex));
}
