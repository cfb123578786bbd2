using System.Text;

namespace Overlay.Lab.Up;

/// <summary>
/// The lab's wiring, as input for <c>ip -batch</c> and <c>nft -f</c>. Pure.
/// <code>
///  machine ── olm… ══ mgmt ── switch ── br0 ┬ redis
///                                           ├ outside   (hosts' default route)
///                                           ├ h1
///                                           └ h2 …
/// </code>
/// The switch masquerades what comes from the machine, so that members need no route back, and forwards nothing that
/// begins in the lab, unless there is an uplink.
/// </summary>
internal static class Topology
{
    public const string Bridge = "br0";
    public const string ManagementPort = "mgmt";
    public const string MemberLink = "eth0";

    /// <summary>In the machine's own namespace: all cables, and its end of the management link.</summary>
    public static string Cables(LabState lab)
    {
        var central = lab.The(MemberKind.Switch).Holder!.Pid;
        var batch = new StringBuilder()
            .AppendLine($"link add name {lab.ManagementLink} type veth peer name {ManagementPort} netns {central}")
            .AppendLine($"link set dev {lab.ManagementLink} alias overlay-lab:{lab.Name}")
            .AppendLine($"addr add {AddressPlan.MachineAddress(lab.Segment)}/30 dev {lab.ManagementLink}")
            .AppendLine($"link set dev {lab.ManagementLink} up")
            .AppendLine($"route add {AddressPlan.Underlay(lab.Segment)} via {AddressPlan.SwitchManagementAddress(lab.Segment)}");
        foreach (var member in Plugged(lab))
        {
            batch.AppendLine($"link add name {member.Name} mtu {lab.UnderlayMtu} netns {central} type veth peer name {MemberLink} mtu {lab.UnderlayMtu} netns {member.Holder!.Pid}");
        }
        return batch.ToString();
    }

    public static string Switch(LabState lab)
    {
        var batch = new StringBuilder()
            .AppendLine($"link add name {Bridge} type bridge forward_delay 0 mcast_snooping 0")
            .AppendLine($"addr add {lab.The(MemberKind.Switch).Address}/24 dev {Bridge}")
            .AppendLine($"addr add {AddressPlan.SwitchManagementAddress(lab.Segment)}/30 dev {ManagementPort}")
            .AppendLine($"link set dev {Bridge} mtu {lab.UnderlayMtu} up")
            .AppendLine($"link set dev {ManagementPort} up");
        foreach (var member in Plugged(lab))
        {
            batch.AppendLine($"link set dev {member.Name} master {Bridge} up");
        }
        if (lab.Uplink)
        {
            batch.AppendLine($"route add default via {AddressPlan.MachineAddress(lab.Segment)}");
        }
        return batch.ToString();
    }

    public static string SwitchRules(LabState lab) => $$"""
        table inet lab {
          chain forward {
            type filter hook forward priority filter; policy accept;
            ct state established,related accept
            {{(lab.Uplink ? "" : $"iifname \"{Bridge}\" oifname \"{ManagementPort}\" drop")}}
          }
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            iifname "{{ManagementPort}}" oifname "{{Bridge}}" masquerade
            iifname "{{Bridge}}" oifname "{{ManagementPort}}" masquerade
          }
        }
        """;

    public static string Member(LabState lab, LabMember member)
    {
        var batch = new StringBuilder()
            .AppendLine($"addr add {member.Address}/24 dev {MemberLink}")
            .AppendLine($"addr add {member.Address6}/64 dev {MemberLink} nodad")
            .AppendLine($"link set dev {MemberLink} up");
        var outside = lab.The(MemberKind.Outside);
        if (member.Kind == MemberKind.Host)
        {
            batch.AppendLine($"route add default via {outside.Address}").AppendLine($"route add ::/0 via {outside.Address6}");
        }
        if (member.Kind == MemberKind.Outside && lab.Uplink)
        {
            batch.AppendLine($"route add default via {lab.The(MemberKind.Switch).Address}");
        }
        return batch.ToString();
    }

    public static IEnumerable<LabMember> Plugged(LabState lab) => lab.Members.Where(m => m.Kind != MemberKind.Switch);
}
