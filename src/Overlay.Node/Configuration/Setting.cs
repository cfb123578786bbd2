namespace Overlay.Node.Configuration;

/// <summary>
/// One thing that can be configured. It has one name: <c>--silo-address</c> as a flag, <c>OVERLAY_SILO_ADDRESS</c> in
/// the environment, <c>silo-address</c> in the configuration file. A flag beats the environment, which beats the file.
/// </summary>
/// <param name="Value">What it takes, for the help: "HOST:PORT".</param>
/// <param name="Default">What holds when it is not given, for the help; empty: it has to be given, or is simply absent.</param>
internal sealed record Setting(string Name, string Value, string Help, string Default = "")
{
    public string Flag => "--" + Name;

    public string Variable => "OVERLAY_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>How messages call it: all three spellings would be noise, the flag alone leaves users of the others out.</summary>
    public override string ToString() => $"{Flag} ({Variable})";

    public static readonly Setting Config = new("config", "FILE", "JSON file with any of the settings below, by their names without dashes in front");
    public static readonly Setting Cluster = new("cluster", "NAME", "name of the cluster; hosts of one cluster share it, and its Redis", "overlay");
    public static readonly Setting HostName = new("host-name", "NAME", "name of this host in the cluster, and in its certificate", "the machine's host name");
    public static readonly Setting Store = new("store", "redis|embedded", "embedded: records lie in a file in the state directory, for a cluster of this one host", "redis");
    public static readonly Setting Redis = new("redis", "HOST:PORT", "the cluster's Redis (required with --store redis)");
    public static readonly Setting RedisPasswordFile = new("redis-password-file", "FILE", "file that holds the password of Redis");
    public static readonly Setting RedisTls = new("redis-tls", "true|false", "TLS to Redis, which must show a certificate of ca.crt; host.crt is shown to it", "false");
    public static readonly Setting TunnelAddress = new("tunnel-address", "IP", "address of this host that carries the networks' traffic (required unless --role control)");
    public static readonly Setting SiloAddress = new("silo-address", "IP:PORT", "where the other hosts reach this one; keep it fixed", "the tunnel address, port 11111; 127.0.0.1 without certificates");
    public static readonly Setting GatewayAddress = new("gateway-address", "IP:PORT", "where clients (the CLI) reach this host", "the silo's address, port 30000");
    public static readonly Setting Certificates = new("certificates", "DIR", "directory with ca.crt, host.crt and host.key (PEM) for mutual TLS; without it only loopback addresses are served");
    public static readonly Setting StateDir = new("state-dir", "DIR", "what must survive a restart: the last view of the cluster", "/var/lib/overlay");
    public static readonly Setting RunDir = new("run-dir", "DIR", "what lives until the next boot: the local API's socket, logs of sandboxes", "/run/overlay");
    public static readonly Setting RoleName = new("role", "all|control|agent", "control: no sandboxes here; agent: sandboxes, but no grains of the control plane", "all");
    public static readonly Setting ResolvConf = new("resolv-conf", "FILE", "the host's resolv.conf: where the upstream DNS servers are read from", "/etc/resolv.conf");
    public static readonly Setting VxlanPort = new("vxlan-port", "PORT", "UDP port of VXLAN, the same on every host", "4789");

    public static readonly IReadOnlyList<Setting> All =
    [
        Config, Cluster, HostName, Store, Redis, RedisPasswordFile, RedisTls, TunnelAddress, SiloAddress, GatewayAddress,
        Certificates, StateDir, RunDir, RoleName, ResolvConf, VxlanPort,
    ];

    public static Setting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name);

    /// <summary>The known name nearest to a mistyped one, if any is near.</summary>
    public static Setting? Nearest(string name)
    {
        var (best, distance) = All
            .Select(setting => (setting, distance: Distance(setting.Name, name)))
            .MinBy(candidate => candidate.distance);
        return distance <= Math.Max(2, name.Length / 3) ? best : null;
    }

    private static int Distance(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var row = new int[b.Length + 1];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                row[j] = Math.Min(Math.Min(row[j - 1], previous[j]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            previous = row;
        }
        return previous[^1];
    }
}
