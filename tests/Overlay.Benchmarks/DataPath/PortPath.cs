using Overlay.Testing.Agents;

namespace Overlay.Benchmarks.DataPath;

/// <summary>
/// <c>datapath ports [ROUNDS]</c>: to a sandbox of a bridge network through its published port, from outside, from its
/// neighbour (hairpin) and from the host's 127.0.0.1; ours and Docker's beside the same ends on a host that does nothing
/// but forward, asked at the sandbox's own address.
/// </summary>
internal static class PortPath
{
    private const int HostPort = 8201, HostTripsPort = 8202;

    public static async Task RunAsync(int rounds, TextWriter output, CancellationToken cancellation)
    {
        using var started = new Started();
        var name = $"ovb{Environment.ProcessId}";
        var ends = new List<Ends> { Direct(started, $"{name}p"), await Ours(started, $"{name}o") };
        cancellation.ThrowIfCancellationRequested();
        if (DockerPeer.TryStart(() => Docker(started, $"{name}d"), output) is { } docker)
            ends.Add(docker);
        output.WriteLine($"median of {rounds} turns of 1 s; ratio to 'direct' of the same turn: median (quartiles); round trips: the ratio of their durations");
        var (one, four) = (new Measure("TCP", "Gbit/s", l => Traffic.Tcp(l, 1)), new Measure("TCP", "Gbit/s", l => Traffic.Tcp(l, 4)));
        var trips = new Measure("round trips", "k/s", l => Traffic.RoundTrips(l) / 1000, Cost: true);
        Run("from outside, 1 stream", one, e => e.Outside);
        Run("from outside, 4 streams", four, e => e.Outside);
        Run("from outside, round trips", trips, e => e.Outside);
        Run("hairpin, 1 stream", one, e => e.Hairpin);
        Run("hairpin, 4 streams", four, e => e.Hairpin);
        Run("127.0.0.1, 1 stream", one, e => e.Loopback);
        Run("127.0.0.1, 4 streams", four, e => e.Loopback);
        Run("127.0.0.1, round trips", trips, e => e.Loopback);

        void Run(string title, Measure measure, Func<Ends, Lane> lane) =>
            Rounds.Run(output, title, measure, [.. ends.Select(lane)], rounds, cancellation);
    }

    private static Ends Direct(Started started, string name)
    {
        var hosts = started.Add(new HostPair(name));
        var plain = started.Add(new PlainBridge(hosts.Name(1)));
        Shell.Run($"ip -n {hosts.Name(2)} route add {PlainBridge.Subnet} via {HostPair.Address(1)}");
        Traffic.Serve(plain.Server, started);
        return new(Lane(hosts.Place(2)), Lane(plain.Neighbour), Lane(hosts.Place(1)));

        static Lane Lane(Place client) => new("direct", client, PlainBridge.ServerAddress);
    }

    private static async Task<Ends> Ours(Started started, string name)
    {
        var hosts = started.Add(new OurHosts(name));
        var sandboxes = await hosts.MakeAsync(
            "bridge", [1, 1], FakeCluster.Port(HostPort, Traffic.ThroughputPort), FakeCluster.Port(HostTripsPort, Traffic.TripsPort));
        Traffic.Serve(Place.Named(sandboxes[0].Name), started);
        return Published("overlay", hosts.Hosts, Place.Named(sandboxes[1].Name));
    }

    private static Ends Docker(Started started, string name)
    {
        var hosts = started.Add(new HostPair(name));
        var docker = started.Add(new DockerHost(hosts.Name(1)));
        var server = docker.RunContainer("server", $"--publish {HostPort}:{Traffic.ThroughputPort} --publish {HostTripsPort}:{Traffic.TripsPort}");
        var neighbour = docker.RunContainer("neighbour", "");
        Traffic.Serve(server.Place, started);
        return Published("Docker", hosts, neighbour.Place);
    }

    private static Ends Published(string title, HostPair hosts, Place neighbour)
    {
        return new(Lane(hosts.Place(2), HostPair.Address(1)), Lane(neighbour, HostPair.Address(1)), Lane(hosts.Place(1), "127.0.0.1"));

        Lane Lane(Place client, string target) => new(title, client, target, HostPort, HostTripsPort);
    }

    private sealed record Ends(Lane Outside, Lane Hairpin, Lane Loopback);
}
