using System.Text;
using System.Text.RegularExpressions;

namespace Overlay.Testing.Kernels;

/// <summary>A fake kernel's whole content as text, without the numbers that it gave by itself.</summary>
internal static partial class FakePrint
{
    public static string Of(IEnumerable<FakeNamespaceState> spaces)
    {
        var text = new StringBuilder();
        foreach (var space in spaces.Where(s => s.IsNamed || s.Handles > 0).OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            text.Append("== ").Append(space.Name).Append(space.IsNamed ? "" : " (without name)")
                .Append(", handles: ").Append(space.Handles).Append(", watchers: ").Append(space.Monitors.Count).AppendLine();
            foreach (var line in Links(space).Concat(Contents(space)).Order(StringComparer.Ordinal).Concat(space.Sysctls.Print()))
                text.AppendLine(line);
            // The port that names are answered at is the kernel's choice.
            foreach (var table in space.Nftables.Print())
                text.Append(AnswerPort().Replace(table, "$1 PORT"));
        }
        return text.ToString();
    }

    private static IEnumerable<string> Links(FakeNamespaceState space) =>
        from link in space.Links.Values
        let other = link.Peer ?? link.Parent
        let beside = other is null ? "" : $" beside {other.Name} in {other.Home.Name}"
        // A MAC that nobody chose depends on the link's number.
        let mac = link.Mac.Value >> 32 == 0x02f0 ? "any" : link.Mac.ToString()
        select $"{link.Name}: {link.Kind} at {mac} mtu {link.Mtu} {(link.IsUp ? "up" : "down")} group {link.Group} of {link.Master?.Name}{beside}"
            + $" alias '{link.Alias}' {link.Vxlan} {link.Bridge} {link.Port} {link.Macvlan} {link.Ipvlan} {link.VlanId}";

    private static IEnumerable<string> Contents(FakeNamespaceState space)
    {
        string NameOf(int index) => space.Links.Values.FirstOrDefault(l => l.Index == index)?.Name ?? "-";
        var addresses = from link in space.Links.Values from a in link.Addresses select $"{link.Name} has {a.Address}/{a.PrefixLength} {a.Scope}";
        var routes = space.Routes.Select(r => $"route {r.Kind} {r.Destination} via {r.Via} on {NameOf(r.LinkIndex)} from {r.PreferredSource} table {r.Table} metric {r.Metric} {r.Scope} by {r.Protocol}");
        var neighbours = from link in space.Links.Values from n in link.Neighbours.Values select $"{n.Address} is {n.Mac} on {link.Name} {n.State}";
        var bridged = from link in space.Links.Values from f in link.BridgeFdb select $"{f.Key} behind {f.Value.Name} of {link.Name}";
        var tunnelled = from link in space.Links.Values from f in link.VxlanFdb select $"{f.Key} through {link.Name} at {f.Value}";
        return [.. addresses, .. routes, .. neighbours, .. bridged, .. tunnelled];
    }

    [GeneratedRegex(@"(set|sport) \d{4,5}\b")]
    private static partial Regex AnswerPort();
}
