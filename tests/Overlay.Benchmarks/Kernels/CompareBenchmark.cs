using System.Diagnostics;
using System.Globalization;
using Overlay.Benchmarks.Control;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Agents;

namespace Overlay.Benchmarks.Kernels;

/// <summary>
/// <c>kernel compare [ROUNDS]</c>: what an attach and a detach cost this agent, the bridge CNI plugin (with and without
/// masquerade), netavark and iproute2; in turns, each on a host namespace of its own. The agent's time is from the new
/// view to 'applied', with names, filter and settings; the plugins' is that of their process.
/// </summary>
internal static class CompareBenchmark
{
    private const string Cni = "/usr/lib/cni/bridge", Netavark = "/usr/lib/podman/netavark";
    private const int WarmUp = 15, Ports = 100;

    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        var rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 40;
        foreach (var program in new[] { Cni, Netavark })
        {
            if (!File.Exists(program))
                throw new InvalidOperationException($"{program} is missing: install containernetworking-plugins and netavark");
        }
        using var kernel = new Kernel();
        using var peers = new Peers(kernel);
        await using var host = new BenchHost(kernel, $"ovb-{Environment.ProcessId}-ours");
        await host.StartAsync();
        var network = host.Cluster.AddNetwork("n", "bridge", "10.40.0.0/16");
        host.Cluster.Join(network, "h1", 1);
        // Another endpoint keeps the bridge, as the plugins keep theirs.
        host.Cluster.Connect(host.Cluster.AddSandbox("h1", host.SandboxName(0)), network, 10);
        var rows = new Dictionary<string, List<double>>();
        for (var round = -WarmUp; round < rounds; round++)
        {
            foreach (var (row, milliseconds) in (await Ours(host, network, round)).Concat(peers.Round(round + WarmUp)))
            {
                if (round >= 0)
                    (rows.TryGetValue(row, out var values) ? values : rows[row] = []).Add(milliseconds);
            }
        }
        Report(output, rows, "attach", "attach by this agent");
        Report(output, rows, "detach", "detach by this agent");
        Report(output, rows, "same work", "same work by one batch of ours");
        Report(output, rows, "ports", "ports: 100 published by this agent");
        return 0;
    }

    private static void Report(TextWriter output, Dictionary<string, List<double>> rows, string kind, string ours)
    {
        output.WriteLine($"{kind,-48}{"median ms",12}{"p99",10}{"/ ours",10}");
        foreach (var (row, values) in rows.Where(r => r.Key.StartsWith(kind, StringComparison.Ordinal)))
        {
            var samples = new Samples(values);
            var ratio = samples.Median / new Samples(rows[ours]).Median;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {row,-46}{samples.Median,12:0.00}{samples.P99,10:0.00}{ratio,10:0.00}"));
        }
    }

    private static async Task<List<(string, double)>> Ours(BenchHost host, NetworkRecord network, int round)
    {
        var (cluster, results) = (host.Cluster, new List<(string, double)>());
        var sandbox = cluster.AddSandbox("h1", host.SandboxName(1000 + round));
        await host.Applied(sandbox, Partitions.Roster("h1"));
        EndpointRecord? endpoint = null;
        results.Add(("attach by this agent", await Time(() => endpoint = cluster.Connect(sandbox, network, 2000 + round), Partitions.Network(network.Id))));
        var published = sandbox with { Ports = [.. Enumerable.Range(20_000, Ports).Select(p => FakeCluster.Port(p, p))] };
        results.Add(("ports: 100 published by this agent", await Time(() => cluster.Update(published), Partitions.Roster("h1"))));
        results.Add(("ports: 100 removed by this agent", await Time(() => cluster.Update(sandbox), Partitions.Roster("h1"))));
        results.Add(("detach by this agent", await Time(() => cluster.Disconnect(endpoint!, network), Partitions.Network(network.Id))));
        cluster.Remove(sandbox);
        await host.Applied(Partitions.Roster("h1"));
        return results;

        async Task<double> Time(Action change, string partition)
        {
            var start = Stopwatch.GetTimestamp();
            change();
            await host.Applied(sandbox, partition);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }

    /// <summary>The others, each with a namespace as its host and one as its container.</summary>
    private sealed class Peers : IDisposable
    {
        private const string CniNetwork = """
            {"cniVersion":"0.4.0","name":"b","type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":MASQUERADE,"ipam":{"type":"static",
            "addresses":[{"address":"ADDRESS/16","gateway":"10.41.0.1"}],"routes":[{"dst":"0.0.0.0/0"}]}}
            """;
        private const string NetavarkNetwork = """
            {"container_id":"c","container_name":"c","port_mappings":[PORTS],"networks":{"p":{"interface_name":"eth0","static_ips":["ADDRESS"]}},
            "network_info":{"p":{"name":"p","id":"2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9","driver":"bridge",
            "network_interface":"podman1","subnets":[{"subnet":"10.41.0.0/16","gateway":"10.41.0.1"}],"ipv6_enabled":false,"internal":false,
            "dns_enabled":false,"ipam_options":{"driver":"host-local"}}}}
            """;
        private const string NetavarkPort = """{"container_port":NUMBER,"host_ip":"","host_port":NUMBER,"protocol":"tcp","range":1}""";

        private readonly Kernel _kernel;
        private readonly string _prefix = $"ovb-{Environment.ProcessId}-";
        private readonly string _directory = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
        private readonly INetNamespace _single;
        private readonly Dictionary<string, TimedShell> _shells = [];

        public Peers(Kernel kernel)
        {
            _kernel = kernel;
            foreach (var host in new[] { "cni", "masq", "netavark", "batch" })
            {
                kernel.Create(_prefix + host).Dispose();
                _shells[host] = new(_prefix + host);
            }
            _single = kernel.Create(_prefix + "single");
            _single.Apply([new AddBridge("bench0") { Up = true }]);
            _shells["batch"].Run("ip link add bench0 type bridge && ip link set bench0 up");
        }

        public IEnumerable<(string, double)> Round(int round)
        {
            var address = $"10.41.{1 + round / 250}.{1 + round % 250}";
            foreach (var (host, title, masquerade) in new[] { ("cni", "CNI bridge plugin", "false"), ("masq", "CNI bridge plugin with masquerade", "true") })
            {
                var configuration = Write(host, CniNetwork.Replace("MASQUERADE", masquerade, StringComparison.Ordinal).Replace("ADDRESS", address, StringComparison.Ordinal));
                var call = $"CNI_CONTAINERID=c CNI_NETNS=/run/netns/{_prefix}c CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni {Cni} <{configuration}";
                foreach (var row in InContainer(host, ($"attach by the {title}", $"CNI_COMMAND=ADD {call}"), ($"detach by the {title}", $"CNI_COMMAND=DEL {call}")))
                    yield return row;
            }
            // Two seconds a turn, with an iptables process per rule: not in every round.
            foreach (var ports in round % 10 == 9 ? [0, Ports] : new[] { 0 })
            {
                var mappings = Enumerable.Range(20_000, ports).Select(p => NetavarkPort.Replace("NUMBER", p.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
                var configuration = Write("netavark", NetavarkNetwork.Replace("PORTS", string.Join(',', mappings), StringComparison.Ordinal).Replace("ADDRESS", address, StringComparison.Ordinal));
                var call = $"/run/netns/{_prefix}c <{configuration}";
                var (up, down) = ports == 0
                    ? ("attach by netavark", "detach by netavark")
                    : ("ports: attach with 100 published by netavark", "ports: detach with 100 published by netavark");
                foreach (var row in InContainer("netavark", (up, $"{Netavark} --config {_directory} setup {call}"), (down, $"{Netavark} --config {_directory} teardown {call}")))
                    yield return row;
            }
            foreach (var row in SameWork(address))
                yield return row;
        }

        public void Dispose()
        {
            foreach (var shell in _shells.Values)
                shell.Dispose();
            _single.Dispose();
            foreach (var name in _kernel.Names().Where(n => n.StartsWith(_prefix, StringComparison.Ordinal) && !n.StartsWith(_prefix + "ours", StringComparison.Ordinal)))
                _kernel.Delete(name);
            Directory.Delete(_directory, recursive: true);
        }

        // A pair, a bridge port, an address and a route, in one namespace: one process can do no more.
        private IEnumerable<(string, double)> SameWork(string address)
        {
            var batch = Write("batch", $"link add port type veth peer name eth0\nlink set port master bench0 up\nlink set eth0 up\naddr add {address}/16 dev eth0\nroute add 192.0.2.0/24 via 10.41.0.1 dev eth0\n");
            var start = Stopwatch.GetTimestamp();
            _single.Apply([
                new AddVeth("port", "eth0", _single) { Master = "bench0", Up = true },
                new SetLink("eth0") { Up = true },
                new AddAddress("eth0", Address.Parse(address), 16),
                new SetRoute(Prefix.Parse("192.0.2.0/24")) { Link = "eth0", Via = Address.Parse("10.41.0.1") },
            ]);
            yield return ("same work by one batch of ours", Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            yield return ("same work by one 'ip -batch'", _shells["batch"].Run($"ip -batch {batch}"));
            _single.Apply([new DeleteLink("port")]);
            _shells["batch"].Run("ip link del port");
        }

        private IEnumerable<(string, double)> InContainer(string host, (string Row, string Command) up, (string Row, string Command) down)
        {
            _kernel.Create(_prefix + "c").Dispose();
            yield return (up.Row, _shells[host].Run(up.Command));
            yield return (down.Row, _shells[host].Run(down.Command));
            _kernel.Delete(_prefix + "c");
        }

        private string Write(string file, string text)
        {
            var path = Path.Combine(_directory, file);
            File.WriteAllText(path, text);
            return path;
        }
    }
}
