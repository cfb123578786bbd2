using System.Diagnostics;
using System.Globalization;
using Overlay.Benchmarks.Control;
using Overlay.Contracts.Records;
using Overlay.Linux;

namespace Overlay.Benchmarks.Kernels;

/// <summary>
/// <c>kernel scale</c>: what one attach costs an agent whose networks have 1, 100, 1,000 endpoints, and 5,000 over six
/// networks; a few of them on this host, the others behind the tunnel. Each step in turn, so that all see the same machine.
/// </summary>
internal static class ScaleBenchmark
{
    private const int Rounds = 40, OnThisHost = 20;

    private sealed record World(BenchHost Host, NetworkRecord Network, SandboxRecord Sandbox, string Title)
    {
        public List<double> Attach { get; } = [];

        public List<double> Detach { get; } = [];

        public List<double> Cpu { get; } = [];
    }

    public static async Task<int> RunAsync(TextWriter output)
    {
        using var kernel = new Kernel();
        var worlds = new List<World>();
        try
        {
            foreach (var (endpoints, networks) in new[] { (1, 1), (100, 1), (1000, 1), (5000, 6) })
                worlds.Add(await Make(kernel, endpoints, networks));
            for (var round = -4; round < Rounds; round++)
            {
                foreach (var world in worlds)
                    await Measure(world, round >= 0);
            }
            output.WriteLine($"{"endpoints",-22}{"attach ms",12}{"ratio",8}{"detach ms",12}{"ratio",8}{"CPU ms",12}{"ratio",8}   (median of {Rounds})");
            foreach (var world in worlds)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{world.Title,-22}{Cells(world.Attach, worlds[0].Attach)}{Cells(world.Detach, worlds[0].Detach)}{Cells(world.Cpu, worlds[0].Cpu)}"));
            return 0;
        }
        finally
        {
            foreach (var world in worlds)
                await world.Host.DisposeAsync();
        }
    }

    private static string Cells(List<double> values, List<double> first) => string.Create(CultureInfo.InvariantCulture,
        $"{new Samples(values).Median,12:0.00}{new Samples([.. values.Zip(first, (a, b) => a / b)]).Median,8:0.00}");

    private static async Task<World> Make(Kernel kernel, int endpoints, int networks)
    {
        var host = new BenchHost(kernel, $"ovb-{Environment.ProcessId}-{endpoints}");
        var cluster = host.Cluster;
        await host.StartAsync();
        for (var h = 2; h < 6; h++)
            cluster.Control.Put(Partitions.Hosts, Fields.Host($"h{h}"), new HostRecord { Name = $"h{h}", MachineId = $"m{h}", Epoch = "1", UnderlayMtu = 1500, TunnelAddress = Overlay.Core.Addressing.Address.Parse($"192.0.2.{h}") });
        NetworkRecord? first = null;
        for (var n = 0; n < networks; n++)
        {
            var network = cluster.AddNetwork($"n{n}", "overlay", $"10.{60 + n}.0.0/16");
            first ??= network;
            cluster.Join(network, "h1", 1);
            for (var h = 2; h < 6; h++)
                cluster.Join(network, $"h{h}", h);
            var count = endpoints / networks;
            var here = Math.Min(OnThisHost, count);
            for (var i = 0; i < here; i++)
                cluster.Connect(cluster.AddSandbox("h1", host.SandboxName(n * 1000 + i)), network, 1000 + i);
            cluster.Control.PutAll(Partitions.Network(network.Id), Enumerable.Range(here, count - here).Select(i =>
            {
                var endpoint = cluster.NewEndpoint(new() { Id = cluster.NewId(), Name = $"r{n}x{i}", Hostname = $"r{n}x{i}", Host = $"h{2 + i % 4}" }, network, 1000 + i);
                return (Fields.Endpoint(endpoint.Id), endpoint);
            }));
            await host.Applied(Partitions.Network(network.Id), Partitions.Roster("h1"));
        }
        var sandbox = cluster.AddSandbox("h1", host.SandboxName(9999));
        await host.Applied(sandbox, Partitions.Roster("h1"), Partitions.Hosts);
        return new(host, first!, sandbox, networks == 1 ? $"{endpoints}" : $"{endpoints} over {networks} networks");
    }

    private static async Task Measure(World world, bool counts)
    {
        var partition = Partitions.Network(world.Network.Id);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        var endpoint = world.Host.Cluster.Connect(world.Sandbox, world.Network, 9000);
        await world.Host.Applied(world.Sandbox, partition);
        var attached = Stopwatch.GetElapsedTime(start);
        // The echo of one's own writes is work as well: it comes in this time.
        await Task.Delay(120);
        start = Stopwatch.GetTimestamp();
        world.Host.Cluster.Disconnect(endpoint, world.Network);
        await world.Host.Applied(partition);
        var detached = Stopwatch.GetElapsedTime(start);
        await Task.Delay(120);
        if (!counts)
            return;
        world.Attach.Add(attached.TotalMilliseconds);
        world.Detach.Add(detached.TotalMilliseconds);
        world.Cpu.Add((Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMilliseconds);
    }
}
