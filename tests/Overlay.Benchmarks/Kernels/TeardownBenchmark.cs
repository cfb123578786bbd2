using System.Diagnostics;
using System.Globalization;
using Overlay.Benchmarks.Control;
using Overlay.Contracts.Records;
using Overlay.Linux;

namespace Overlay.Benchmarks.Kernels;

/// <summary>
/// <c>kernel teardown</c>: 1,000 endpoints of one host removed in one change of the view, while their sandboxes stay and
/// together with them; beside it what one link after the other costs, an RCU grace period each.
/// </summary>
internal static class TeardownBenchmark
{
    private const int Rounds = 3, Endpoints = 1000, OneByOne = 40;

    public static async Task<int> RunAsync(TextWriter output)
    {
        using var kernel = new Kernel();
        using var host = new ApplierHost(kernel, $"ovb-{Environment.ProcessId}");
        var network = host.Cluster.AddNetwork("n", "bridge", "10.40.0.0/16");
        host.Cluster.Join(network, "h1", 1);
        // One endpoint keeps the bridge.
        host.Cluster.Connect(host.Cluster.AddSandbox("h1", host.SandboxName(0)), network, 10);
        host.Cluster.Control.Put(Partitions.Hosts, Fields.Host("h1"), new HostRecord { Name = "h1", MachineId = "m1", Epoch = "1", UnderlayMtu = 1500, TunnelAddress = Core.Addressing.Address.Parse("192.0.2.1") });
        var rows = new Dictionary<string, List<double>>();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (row, milliseconds) in await Round(host, network))
                (rows.TryGetValue(row, out var values) ? values : rows[row] = []).Add(milliseconds);
        }
        output.WriteLine($"{"",-50}{"median ms",12}{"worst",10}   (of {Rounds})");
        foreach (var (row, values) in rows)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row,-50}{new Samples(values).Median,12:0}{values.Max(),10:0}"));
        return 0;
    }

    private static async Task<List<(string, double)>> Round(ApplierHost host, NetworkRecord network)
    {
        var (results, control) = (new List<(string, double)>(), host.Cluster.Control);
        var sandboxes = Enumerable.Range(1, Endpoints).Select(i => new SandboxRecord
        {
            Id = host.Cluster.NewId(), Name = host.SandboxName(i), Host = "h1", Hostname = $"s{i}",
        }).ToArray();
        EndpointRecord[] endpoints = [];
        control.PutAll(Partitions.Roster("h1"), sandboxes.Select(s => (Fields.Sandbox(s.Id), s)));
        Connect();
        await Timed($"{Endpoints} endpoints added, with their sandboxes");
        Disconnect();
        await Timed($"{Endpoints} endpoints removed, their sandboxes stay");
        Connect();
        await Timed($"{Endpoints} endpoints added again");
        Disconnect();
        control.Delete(Partitions.Roster("h1"), [.. sandboxes.Select(s => Fields.Sandbox(s.Id))]);
        await Timed($"{Endpoints} sandboxes removed with their endpoints");
        results.Add(($"{OneByOne} veth pairs deleted one by one, by us", DeleteOneByOne(host.Space)));
        return results;

        void Connect()
        {
            endpoints = [.. sandboxes.Select((s, i) => host.Cluster.NewEndpoint(s, network, 1000 + i))];
            control.PutAll(Partitions.Network(network.Id), endpoints.Select(e => (Fields.Endpoint(e.Id), e)));
        }

        void Disconnect()
        {
            control.Delete(Partitions.Network(network.Id), [.. endpoints.Select(e => Fields.Endpoint(e.Id))]);
            endpoints = [];
        }

        async Task Timed(string row)
        {
            await host.FollowAsync(Partitions.Hosts, Partitions.Roster("h1"), Partitions.Network(network.Id));
            results.Add((row, host.Pass(everything: false).Milliseconds));
            var left = host.Space.DumpLinks().Count(l => l.Kind == "veth");
            if (left != 1 + endpoints.Length)
                throw new InvalidOperationException($"{row}: {left} links instead of {1 + endpoints.Length}");
        }
    }

    private static double DeleteOneByOne(INetNamespace space)
    {
        space.Apply([.. Enumerable.Range(0, OneByOne).Select(i => new AddVeth($"one{i}", $"two{i}", space))]);
        var start = Stopwatch.GetTimestamp();
        space.Apply([.. Enumerable.Range(0, OneByOne).Select(i => new DeleteLink($"one{i}"))]);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
