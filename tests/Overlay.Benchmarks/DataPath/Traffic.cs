using System.Globalization;
using System.Text.Json;

namespace Overlay.Benchmarks.DataPath;

/// <summary>A way to measure: from a client on CPU 0 to a server on CPU 1.</summary>
/// <param name="Client">Where the client runs.</param>
/// <param name="Target">The address that it asks.</param>
/// <param name="Throughput">The port of iperf3, as the client sees it.</param>
/// <param name="Trips">The port of <see cref="PingPong"/>, as the client sees it.</param>
internal sealed record Lane(string Name, Place Client, string Target, int Throughput = Traffic.ThroughputPort, int Trips = Traffic.TripsPort);

/// <summary>The two servers of one place, and what clients measure against them.</summary>
internal static class Traffic
{
    public const int ThroughputPort = 5201, TripsPort = 5202;
    private const int ClientCpu = 0, ServerCpu = 1, Seconds = 1;

    private static string Self => Environment.ProcessPath!;

    public static void Serve(Place place, Started started)
    {
        started.Add(place.Start(ServerCpu, $"iperf3 --server --port {ThroughputPort}"));
        started.Add(place.Start(ServerCpu, $"{Self} datapath pong {TripsPort}"));
        foreach (var port in new[] { ThroughputPort, TripsPort })
            Shell.Until($"{place.Enter} ss -Hltn sport = :{port} | grep -q LISTEN");
    }

    /// <summary>Gbit/s that arrived.</summary>
    public static double Tcp(Lane lane, int streams) =>
        Iperf(lane, $"--parallel {streams}").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;

    /// <summary>Datagrams per second that arrived, of as many as one sender can send.</summary>
    public static double Udp(Lane lane, int bytes)
    {
        var sum = Iperf(lane, $"--udp --bitrate 0 --length {bytes}").GetProperty("sum");
        return (sum.GetProperty("packets").GetDouble() - sum.GetProperty("lost_packets").GetDouble()) / sum.GetProperty("seconds").GetDouble();
    }

    /// <summary>What a datagram costs the sender's CPU, in µs. As the kernel carries it through both hosts in the sender's
    /// time, this is nearly the whole path, and a loaded machine disturbs it less than a rate.</summary>
    public static double UdpCost(Lane lane, int bytes)
    {
        var end = Iperf(lane, $"--udp --bitrate 0 --length {bytes}");
        var sum = end.GetProperty("sum");
        var share = end.GetProperty("cpu_utilization_percent").GetProperty("host_total").GetDouble() / 100;
        return share * sum.GetProperty("seconds").GetDouble() / sum.GetProperty("packets").GetDouble() * 1e6;
    }

    /// <summary>TCP round trips per second.</summary>
    public static double RoundTrips(Lane lane) =>
        double.Parse(lane.Client.Run(ClientCpu, $"{Self} datapath ping {lane.Target} {lane.Trips} {Seconds}"), CultureInfo.InvariantCulture);

    private static JsonElement Iperf(Lane lane, string arguments)
    {
        var command = $"iperf3 --client {lane.Target} --port {lane.Throughput} --time {Seconds} --json {arguments}";
        for (var tries = 1; ; tries++)
        {
            using var result = JsonDocument.Parse(lane.Client.Run(ClientCpu, command));
            if (!result.RootElement.TryGetProperty("error", out var error))
                return result.RootElement.GetProperty("end").Clone();
            // It takes the server a moment to be done with the client before.
            if (tries == 10)
                throw new InvalidOperationException($"'{command}' in {lane.Name}: {error.GetString()}");
            Thread.Sleep(200);
        }
    }
}
