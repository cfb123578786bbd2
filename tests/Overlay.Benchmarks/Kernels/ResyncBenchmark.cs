using System.Diagnostics;
using System.Globalization;
using Overlay.Agent.Apply;
using Overlay.Benchmarks.Control;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Benchmarks.Kernels;

/// <summary>
/// <c>kernel resync</c>: what it costs an agent to list all that the kernel holds and compare it, on an overlay with 10,000
/// and one with 64,000 endpoints behind the tunnel (each a neighbour, a bridge and a tunnel entry): when all is equal, when
/// a hundredth of each kind is lost, and when the agent has just started. In turns; a pass that writes more or less than
/// was lost ends the benchmark.
/// </summary>
internal static class ResyncBenchmark
{
    private const int Rounds = 15, WarmUp = 3, Hosts = 4;

    private sealed record World(ApplierHost Host, NetworkRecord Network, EndpointRecord[] Remote)
    {
        public Dictionary<string, List<double>> Rows { get; } = [];

        public string[] Partitions => [Contracts.Records.Partitions.Hosts, Contracts.Records.Partitions.Roster("h1"), Contracts.Records.Partitions.Network(Network.Id)];
    }

    public static async Task<int> RunAsync(TextWriter output)
    {
        using var kernel = new Kernel();
        var (hosts, worlds) = (new List<ApplierHost>(), new List<World>());
        try
        {
            foreach (var endpoints in new[] { 10_000, 64_000 })
            {
                hosts.Add(new(kernel, $"ovb-{Environment.ProcessId}-{endpoints}"));
                worlds.Add(await Make(hosts[^1], endpoints, output));
            }
            for (var round = -WarmUp; round < Rounds; round++)
            {
                foreach (var world in worlds)
                    await Measure(world, round);
            }
            output.WriteLine($"{"endpoints",-12}{"pass",-44}{"median ms",12}{"p99",10}{"writes",10}");
            foreach (var world in worlds)
            {
                foreach (var (row, values) in world.Rows)
                {
                    var samples = new Samples(values);
                    var writes = row.Contains("lost", StringComparison.Ordinal) ? Lost(world) * 3 : 0;
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{world.Remote.Length,-12}{row,-44}{samples.Median,12:0.0}{samples.P99,10:0.0}{writes,10}"));
                }
            }
            return 0;
        }
        finally
        {
            foreach (var host in hosts)
                host.Dispose();
        }
    }

    private static int Lost(World world) => world.Remote.Length / 100;

    private static async Task<World> Make(ApplierHost host, int endpoints, TextWriter output)
    {
        var cluster = host.Cluster;
        for (var h = 1; h <= 1 + Hosts; h++)
            cluster.Control.Put(Partitions.Hosts, Fields.Host($"h{h}"), new HostRecord { Name = $"h{h}", MachineId = $"m{h}", Epoch = "1", UnderlayMtu = 1500, TunnelAddress = Address.Parse($"192.0.2.{h}") });
        var network = cluster.AddNetwork("n", "overlay", "10.64.0.0/14");
        for (var h = 1; h <= 1 + Hosts; h++)
            cluster.Join(network, $"h{h}", h);
        cluster.Connect(cluster.AddSandbox("h1", host.SandboxName(0)), network, 1000);
        var remote = Enumerable.Range(0, endpoints).Select(i => cluster.NewEndpoint(
            new() { Id = cluster.NewId(), Name = $"r{i}", Hostname = $"r{i}", Host = $"h{2 + i % Hosts}" }, network, 2000 + i)).ToArray();
        cluster.Control.PutAll(Partitions.Network(network.Id), remote.Select(e => (Fields.Endpoint(e.Id), e)));
        var world = new World(host, network, remote);
        await host.FollowAsync(world.Partitions);
        var (milliseconds, writes) = host.Pass(everything: true);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{endpoints} endpoints: the first pass took {milliseconds:0} ms and {writes} writes"));
        return world;
    }

    private static async Task Measure(World world, int round)
    {
        var start = Stopwatch.GetTimestamp();
        HostDump.Of(world.Host.Space);
        Add("the listing alone", Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        Pass("everything compared, all equal", 0);
        Lose(world, round);
        Pass("a hundredth of the entries lost", Lost(world) * 3);
        world.Host.Restart();
        await world.Host.FollowAsync(world.Partitions);
        Pass("first pass of a restarted agent, all equal", 0);

        void Pass(string row, int expected)
        {
            var (milliseconds, writes) = world.Host.Pass(everything: true);
            if (writes != expected)
                throw new InvalidOperationException($"{row}: {writes} writes instead of {expected}");
            Add(row, milliseconds);
        }

        void Add(string row, double milliseconds)
        {
            if (round >= 0)
                (world.Rows.TryGetValue(row, out var values) ? values : world.Rows[row] = []).Add(milliseconds);
        }
    }

    private static void Lose(World world, int round)
    {
        var links = world.Host.Space.DumpLinks();
        var (bridge, tunnel) = (links.Single(l => l.Kind == "bridge").Name, links.Single(l => l.Kind == "vxlan").Name);
        var lost = Enumerable.Range(0, Lost(world)).Select(i => world.Remote[(round + WarmUp + i * 97) % world.Remote.Length]);
        world.Host.Space.Apply([.. lost.SelectMany(e => (KernelChange[])
            [new RemoveNeighbour(bridge, e.Addresses[0]), new RemoveBridgeFdb(tunnel, e.Mac), new RemoveVxlanFdb(tunnel, e.Mac)])]);
    }
}
