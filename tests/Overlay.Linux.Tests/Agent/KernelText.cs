using System.Text.RegularExpressions;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Tests.Agent;

/// <summary>All that a namespace holds, as text that is equal when it is equal: without what differs from one making to
/// the next (indexes, the random MAC of a veth's host end, who set a route).</summary>
internal static partial class KernelText
{
    // The kernel's own.
    private static readonly Prefix LinkLocal = Prefix.Parse("fe80::/10");

    /// <param name="id">What its name means now.</param>
    public static string Of(INetNamespace space, NamespaceId? id, IReadOnlyList<string> tables, IReadOnlyList<string> settings)
    {
        var links = space.DumpLinks();
        string NameOf(int index) => links.FirstOrDefault(l => l.Index == index)?.Name ?? "-";
        var lines = links.Select(l => $"{l.Name} {l.Kind} {(l.Kind == "veth" && l.Master != 0 ? "" : l.Mac)} {l.Mtu} {(l.IsUp ? "up" : "down")} of {NameOf(l.Master)} '{l.Alias}' {l.Vxlan} {l.Port} {l.Bridge} {l.Group}")
            .Concat(space.DumpAddresses().Where(a => !LinkLocal.Contains(a.Address)).Select(a => $"{NameOf(a.LinkIndex)} has {a.Address}/{a.PrefixLength}"))
            .Concat(space.DumpRoutes().Where(r => r.Table == Route.MainTable && r.Destination.ToString() is not ("ff00::/8" or "fe80::/64")).Select(r => $"{r.Destination} via {r.Via} on {NameOf(r.LinkIndex)} from {r.PreferredSource}"))
            .Concat(space.DumpNeighbours().Where(n => n.State == NeighbourState.Permanent).Select(n => $"{n.Address} is {n.Mac} on {NameOf(n.LinkIndex)}"))
            .Concat(space.DumpFdb().Where(f => !f.IsLearned && (f.Destination is not null || f.Bridge != 0) && !IsOwn(f)).Select(f => $"{f.Mac} behind {NameOf(f.LinkIndex)} {NameOf(f.Bridge)} {f.Destination} {f.IsPermanent} {f.IsSticky}"));
        return $"== {id}\n"
            + string.Join('\n', lines.Order(StringComparer.Ordinal))
            + string.Concat(tables.Select(t => "\n" + Elements().Replace(space.Nftables.List(t) ?? $"no {t}", Sorted)))
            + string.Concat(settings.Select(s => $"\n{s} {space.ReadSysctl(s)}")) + "\n";

        bool IsOwn(FdbEntry entry) => entry.IsPermanent && links.Any(l => l.Index == entry.LinkIndex && l.Mac == entry.Mac);
    }

    private static string Sorted(Match elements) =>
        "elements = { " + string.Join(", ", elements.Groups["all"].Value.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal)) + " }";

    [GeneratedRegex(@"elements = \{(?<all>[^}]*)\}")]
    private static partial Regex Elements();
}
