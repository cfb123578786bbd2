using System.Globalization;

namespace Overlay.Benchmarks.Dns;

/// <summary>
/// <c>dns compare [ROUNDS [SECONDS]]</c>: this name server beside unbound (one thread) and dnsmasq, in one namespace, with
/// the same names, in turns: servers on CPU 0, dnsperf on CPU 1. Rates of one round are compared with each other, never
/// across rounds; beside the rate stands what a question costs the server's CPU, for dnsperf is the slower end.
/// </summary>
internal static class DnsCompare
{
    private static readonly (string Name, string[] Questions)[] Cases =
    [
        ("local A record", ["one A"]),
        ("one of 1000 names", [.. Enumerable.Range(0, 1000).Select(i => $"n{i} A")]),
        ("name with 50 addresses", ["fifty A"]),
        ("forwarded, cached", [.. Enumerable.Range(0, 100).Select(i => $"x{i}.example A")]),
    ];

    public static int Run(string[] args)
    {
        var rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
        var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
        using var space = new BenchNamespace();
        var servers = new NameServers(space);
        Console.WriteLine($"median of {rounds} rounds of {seconds} s; ratio: overlay / the other, median over rounds");
        Console.WriteLine($"{"",-24} {"server",-10} {"questions/s",12} {"ratio",6} {"CPU µs each",12} {"ratio",6} {"lost",6}");
        foreach (var (name, questions) in Cases)
        {
            var file = space.Write("questions", string.Join('\n', questions));
            var results = servers.All.ToDictionary(s => s, _ => new List<DnsPerfResult>());
            foreach (var server in servers.All)
                DnsPerf.Run(space, server, file, 1);
            for (var round = 0; round < rounds; round++)
            {
                foreach (var server in servers.All)
                    results[server].Add(DnsPerf.Run(space, server, file, seconds));
            }
            Report(name, servers, results);
        }
        Latencies(space, servers, seconds);
        Console.WriteLine();
        Console.WriteLine(servers.Ours.Stop());
        return 0;
    }

    private static void Report(string name, NameServers servers, Dictionary<NameServer, List<DnsPerfResult>> results)
    {
        var ours = results[servers.Ours];
        foreach (var (server, theirs) in results)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-24} {server.Name,-10} {Median(theirs.Select(r => r.Rate)),12:0} {Median(ours.Zip(theirs, (a, b) => a.Rate / b.Rate)),6:0.00} {Median(theirs.Select(r => r.CpuMicroseconds)),12:0.00} {Median(ours.Zip(theirs, (a, b) => a.CpuMicroseconds / b.CpuMicroseconds)),6:0.00} {theirs.Sum(r => r.Lost),6}"));
            name = "";
        }
    }

    private static void Latencies(BenchNamespace space, NameServers servers, int seconds)
    {
        var file = space.Write("questions", "one A");
        Console.WriteLine();
        Console.WriteLine("latency at 1000 questions/s, in µs");
        foreach (var server in servers.All)
        {
            var sorted = DnsPerf.Latencies(space, server, file, seconds, 1000);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{"",-24} {server.Name,-10} median {sorted[sorted.Length / 2],6:0} p99 {sorted[sorted.Length * 99 / 100],6:0} worst {sorted[^1],6:0}"));
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
