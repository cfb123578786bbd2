using Overlay.Lab.Kernel;

namespace Overlay.Lab.Up;

/// <summary>
/// The way from a lab to the machine's own network: masquerading and forwarding in the machine's namespace. The only
/// thing a lab changes there beside its link, and it is put back by the last lab that used it.
/// </summary>
internal static class Uplink
{
    private const string Forwarding = "/proc/sys/net/ipv4/ip_forward";

    private static string ForwardingBefore => Path.Combine(LabPaths.Root, "ip_forward.before");

    public static async Task OpenAsync(LabState lab, CancellationToken cancel)
    {
        if (!File.Exists(ForwardingBefore))
        {
            await File.WriteAllTextAsync(ForwardingBefore, await File.ReadAllTextAsync(Forwarding, cancel), cancel);
        }
        await File.WriteAllTextAsync(Forwarding, "1\n", cancel);
        await Command.RequireAsync(["nft", "-f", "-"], Rules(lab), cancel);
    }

    /// <param name="others">The labs that stay.</param>
    public static async Task CloseAsync(LabState lab, IEnumerable<LabState> others, CancellationToken cancel)
    {
        if (!lab.Uplink)
        {
            return;
        }
        // Not there when 'up' failed early.
        await Command.RunAsync(["nft", "delete", "table", "ip", Table(lab)], null, cancel);
        if (!others.Any(o => o.Uplink) && File.Exists(ForwardingBefore))
        {
            await File.WriteAllTextAsync(Forwarding, await File.ReadAllTextAsync(ForwardingBefore, cancel), cancel);
            File.Delete(ForwardingBefore);
        }
    }

    private static string Table(LabState lab) => $"overlay_lab_{lab.Id[..11]}";

    private static string Rules(LabState lab) => $$"""
        table ip {{Table(lab)}} {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {{AddressPlan.Management(lab.Segment)}} oifname != "{{lab.ManagementLink}}" masquerade
          }
        }
        """;
}
