using System.Collections;
using System.Globalization;
using Overlay.Lab.Up;

namespace Overlay.Lab.Supervision;

/// <summary>What a lab runs, and how.</summary>
internal static class ServicePlan
{
    public static IReadOnlyList<Service> Of(LabState lab, LabPaths paths) =>
    [
        .. lab.Members.Where(m => m.Kind == MemberKind.Redis).Select(redis => Plain(lab, paths, redis, "redis-server", paths.RedisConfiguration)),
        Plain(lab, paths, lab.The(MemberKind.Outside), lab.Overlay, "lab", "outside", lab.The(MemberKind.Outside).Address, lab.The(MemberKind.Outside).Address6),
        .. lab.Hosts.Select(host => new Service(
            host.Name,
            [.. host.Enter, lab.Overlayd, .. Arguments(lab, paths, host)],
            EnvironmentOf(lab), paths.Log(host.Name), paths.NotifySocket(host.Name))),
    ];

    private static Service Plain(LabState lab, LabPaths paths, LabMember member, params string[] command) =>
        new(member.Name, [.. member.Enter, .. command], EnvironmentOf(lab), paths.Log(member.Name), null);

    private static string[] Arguments(LabState lab, LabPaths paths, LabMember host) =>
    [
        "--cluster", lab.Cluster,
        "--host-name", host.Name,
        .. Store(lab, paths, host),
        "--tunnel-address", host.Address,
        "--silo-address", Endpoint(host.Address, AddressPlan.SiloPort),
        "--gateway-address", Endpoint(host.Address, AddressPlan.GatewayPort),
        "--certificates", paths.HostCertificates(host.Name),
        "--state-dir", "/var/lib/overlay",
        "--run-dir", "/run/overlay",
        "--role", "all",
        "--resolv-conf", "/etc/resolv.conf",
        "--vxlan-port", AddressPlan.VxlanPort.ToString(CultureInfo.InvariantCulture),
    ];

    private static string[] Store(LabState lab, LabPaths paths, LabMember host) => lab.EmbeddedStore
        ? ["--store", "embedded"]
        : ["--redis", Endpoint(lab.The(MemberKind.Redis).Address, AddressPlan.RedisPort), "--redis-password-file", paths.RedisPassword(host.Name)];

    private static string Endpoint(string address, int port) => $"{address}:{port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Ours, without what would configure an overlayd or a supervised process by accident.</summary>
    internal static Dictionary<string, string> EnvironmentOf(LabState lab)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(v => (Key: (string)v.Key, Value: (string?)v.Value ?? ""))
            .Where(v => !v.Key.StartsWith("OVERLAY", StringComparison.Ordinal) && !v.Key.StartsWith("LISTEN_", StringComparison.Ordinal) && v.Key != "NOTIFY_SOCKET")
            .ToDictionary(v => v.Key, v => v.Value);
        environment[LabState.Variable] = lab.Id;
        // A killed runtime leaves its diagnostic socket in the machine's /tmp. Whoever needs it says so.
        environment.TryAdd("DOTNET_EnableDiagnostics", "0");
        // As in deploy/overlayd.service: a small nursery saves 8 MB in each idle process, and can be set nowhere else.
        environment.TryAdd("DOTNET_GCgen0size", "0x200000");
        return environment;
    }
}
