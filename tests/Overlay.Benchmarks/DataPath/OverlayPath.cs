namespace Overlay.Benchmarks.DataPath;

/// <summary>
/// <c>datapath overlay [ROUNDS]</c>: from a sandbox to one on another host, over our overlay network (also without its
/// guard table, and with bridged packets in the host's packet filter), over Docker's, and from host to host without any.
/// </summary>
internal static class OverlayPath
{
    private static readonly Measure[] Measures =
    [
        new("TCP, 1 stream", "Gbit/s", lane => Traffic.Tcp(lane, 1)),
        new("UDP, 1,400 B", "kpkt/s", lane => Traffic.Udp(lane, 1400) / 1000),
        new("UDP, 64 B", "kpkt/s", lane => Traffic.Udp(lane, 64) / 1000),
        new("sender's CPU, UDP 1,400 B", "µs/pkt", lane => Traffic.UdpCost(lane, 1400)),
        new("sender's CPU, UDP 64 B", "µs/pkt", lane => Traffic.UdpCost(lane, 64)),
        new("TCP round trips", "k/s", lane => Traffic.RoundTrips(lane) / 1000, Cost: true),
    ];

    public static async Task RunAsync(int rounds, TextWriter output, CancellationToken cancellation)
    {
        using var started = new Started();
        var name = $"ovb{Environment.ProcessId}";
        var lanes = new List<Lane>
        {
            Raw(started, $"{name}r"),
            await Ours(started, $"{name}o", "overlay"),
            await Ours(started, $"{name}g", "overlay, without the guard table", "nft delete table bridge overlay"),
            await Ours(started, $"{name}t", "overlay, its tunnel tracked", "nft 'flush chain inet overlay untracked; insert rule inet overlay tunnels ip saddr @members4 accept'"),
            await Ours(started, $"{name}f", "overlay, bridge-nf-call-iptables=1", "sysctl -qw net.bridge.bridge-nf-call-iptables=1"),
        };
        cancellation.ThrowIfCancellationRequested();
        if (DockerPeer.TryStart(() => Docker(started, $"{name}d"), output) is { } docker)
            lanes.Add(docker);
        output.WriteLine($"median of {rounds} turns of 1 s; ratio to the raw underlay of the same turn: median (quartiles); round trips: the ratio of their durations");
        foreach (var measure in Measures)
            Rounds.Run(output, measure.Name, measure, [.. lanes], rounds, cancellation);
    }

    private static Lane Raw(Started started, string name)
    {
        var hosts = started.Add(new HostPair(name));
        Traffic.Serve(hosts.Place(2), started);
        return new("raw underlay", hosts.Place(1), HostPair.Address(2));
    }

    private static async Task<Lane> Ours(Started started, string name, string title, string? change = null)
    {
        var hosts = started.Add(new OurHosts(name));
        var sandboxes = await hosts.MakeAsync("overlay", [1, 2]);
        foreach (var number in change is null ? [] : new[] { 1, 2 })
            Shell.Run($"exec {hosts.Hosts.Place(number).Enter} {change}");
        Traffic.Serve(Place.Named(sandboxes[1].Name), started);
        return new(title, Place.Named(sandboxes[0].Name), sandboxes[1].Address);
    }

    private static Lane Docker(Started started, string name)
    {
        var hosts = started.Add(new HostPair(name));
        var (first, second) = (started.Add(new DockerHost(hosts.Name(1))), started.Add(new DockerHost(hosts.Name(2))));
        first.Docker($"swarm init --advertise-addr {HostPair.Address(1)} --listen-addr {HostPair.Address(1)}:2377");
        second.Docker($"swarm join --token {first.Docker("swarm join-token --quiet manager")} --advertise-addr {HostPair.Address(2)} {HostPair.Address(1)}:2377");
        first.Docker("network create --driver overlay --attachable bench");
        var client = first.RunContainer("client", "--network bench");
        var server = second.RunContainer("server", "--network bench");
        Traffic.Serve(server.Place, started);
        return new("Docker's overlay", client.Place, server.Address);
    }
}
