using Overlay.Lab.Kernel;

namespace Overlay.Lab.Up;

/// <summary>Lays the cables and gives out the addresses.</summary>
internal static class Wiring
{
    public static async Task LayAsync(LabState lab, CancellationToken cancel)
    {
        await Command.RequireAsync(["ip", "-batch", "-"], Topology.Cables(lab), cancel);
        var central = lab.The(MemberKind.Switch);
        await Command.RequireAsync(InNetworkOf(central, "ip", "-batch", "-"), Topology.Switch(lab), cancel);
        await Command.RequireAsync(InNetworkOf(central, "nft", "-f", "-"), Topology.SwitchRules(lab), cancel);
        await NamespaceThread.Run(central.Holder!.Pid, () => Offloads.Disable(Topology.Plugged(lab).Select(m => m.Name)));
        foreach (var member in Topology.Plugged(lab))
        {
            await Command.RequireAsync(InNetworkOf(member, "ip", "-batch", "-"), Topology.Member(lab, member), cancel);
            await NamespaceThread.Run(member.Holder!.Pid, () => Offloads.Disable([Topology.MemberLink]));
        }
        if (lab.Uplink)
        {
            await Uplink.OpenAsync(lab, cancel);
        }
    }

    private static string[] InNetworkOf(LabMember member, params string[] command) =>
        ["nsenter", $"--net=/proc/{member.Holder!.Pid}/ns/net", "--", .. command];
}
