using System.Diagnostics;
using System.Globalization;

namespace Overlay.Benchmarks.Dns;

/// <summary>One running name server.</summary>
internal sealed class NameServer(string name, string address, int port, Process process)
{
    public string Name { get; } = name;

    public string Address { get; } = address;

    public int Port { get; } = port;

    public int ProcessId => process.Id;

    /// <summary>Ends it by closing its input; gives what it says last.</summary>
    public string Stop()
    {
        process.StandardInput.Close();
        return process.StandardOutput.ReadToEnd().Trim();
    }
}

/// <summary>The name servers that are compared, with the same names, and one that all of them forward to.</summary>
internal sealed class NameServers
{
    private const int UnboundPort = 5301, DnsmasqPort = 5302, OurPort = 41153, UpstreamPort = 5310;

    // As in a sandbox: port 53 is mapped to the one listened on, without connection tracking.
    private const string Mapping = """
        table inet overlay {
          chain names { type filter hook output priority raw; policy accept;
            ip daddr 127.0.0.11 udp dport 53 notrack udp dport set 41153
            ip saddr 127.0.0.11 udp sport 41153 notrack udp sport set 53
          }
        }
        """;

    private readonly BenchNamespace _space;

    public NameServers(BenchNamespace space)
    {
        _space = space;
        space.Space.Nftables.Run(Mapping);
        Unbound("upstream", UpstreamPort, Enumerable.Range(0, 100).Select(i => ($"x{i}.example", $"192.0.2.{i}")), 3600, "");
        Ours = new("overlay", "127.0.0.11", 53, StartOurs());
        All =
        [
            Ours,
            new("unbound", "127.0.0.1", UnboundPort, Unbound("unbound", UnboundPort, Names(), 5, ForwardZone)),
            new("dnsmasq", "127.0.0.1", DnsmasqPort, Dnsmasq()),
        ];
        foreach (var server in All)
            Await(server);
    }

    public NameServer Ours { get; }

    public IReadOnlyList<NameServer> All { get; }

    private static string ForwardZone => $"""
        forward-zone:
          name: "example."
          forward-addr: 127.0.0.1@{UpstreamPort}
        """;

    private static IEnumerable<(string Name, string Address)> Names() =>
    [
        ("one", "10.1.0.62"),
        .. Enumerable.Range(1, 50).Select(i => ("fifty", $"10.1.1.{i}")),
        .. Enumerable.Range(0, 1000).Select(i => ($"n{i}", $"10.2.{i / 250}.{i % 250}")),
    ];

    private Process StartOurs()
    {
        var process = _space.Start(
            0, Environment.ProcessPath!, "dns", "serve", $"127.0.0.11:{OurPort}", $"127.0.0.1#{UpstreamPort}");
        process.StandardOutput.ReadLine();
        return process;
    }

    private Process Unbound(string name, int port, IEnumerable<(string Name, string Address)> names, int ttl, string more)
    {
        var lines = names.GroupBy(n => n.Name).SelectMany(g => g
            .Select(n => $"  local-data: \"{n.Name}. {ttl} IN A {n.Address}\"")
            .Prepend($"  local-zone: \"{g.Key}.\" static"));
        return _space.Start(0, "unbound", "-d", "-c", _space.Write(name + ".conf", $$"""
            server:
              num-threads: 1
              interface: 127.0.0.1
              port: {{port.ToString(CultureInfo.InvariantCulture)}}
              do-daemonize: no
              username: ""
              chroot: ""
              pidfile: ""
              use-syslog: no
              access-control: 127.0.0.0/8 allow
              do-not-query-localhost: no
              module-config: "iterator"
              minimal-responses: yes
              rrset-roundrobin: yes
            {{string.Join('\n', lines)}}
            {{more}}
            """));
    }

    private Process Dnsmasq() => _space.Start(0, "dnsmasq",
    [
        "-k", "-u", "root", "--no-resolv", "--no-hosts", "--bind-interfaces", "--listen-address=127.0.0.1", $"--port={DnsmasqPort}",
        "--pid-file=", "--conf-file=/dev/null", "--cache-size=10000", $"--server=127.0.0.1#{UpstreamPort}",
        .. Names().Select(n => $"--host-record={n.Name},{n.Address}"),
    ]);

    private void Await(NameServer server)
    {
        var port = server.Port.ToString(CultureInfo.InvariantCulture);
        for (var tries = 0; !_space.Run(1, "dig", "+short", "+time=1", "+tries=3", "+retry=3", $"@{server.Address}", "-p", port, "x1.example").Contains("192.0.2.1", StringComparison.Ordinal); tries++)
        {
            if (tries == 5)
                throw new InvalidOperationException($"{server.Name} does not answer");
        }
    }
}
