using System.Net;
using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Names;
using Overlay.Dns;

namespace Overlay.Benchmarks.Dns;

/// <summary>
/// <c>dns serve [ADDRESS:]PORT [UPSTREAM[#PORT]]</c>: the name server alone on a loopback port, until standard input ends, for dig,
/// kdig and dnsperf. Names: <c>web</c> (3 addresses, v4 and v6), <c>one</c>, <c>fifty</c>, <c>n0</c>…<c>n999</c>, on network <c>shop</c>.
/// </summary>
internal static class DnsServe
{
    public static int Run(string[] args)
    {
        var endpoint = IPEndPoint.Parse(args[0].Contains(':') ? args[0] : $"127.0.0.1:{args[0]}");
        var network = new ObjectId(1);
        using var server = new DnsServer();
        server.Update(NameTable.Empty.With(network, Names()));
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        tcp.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        udp.Bind(endpoint);
        tcp.Bind(endpoint);
        tcp.Listen(128);
        server.Add(new ObjectId(2), udp, tcp, new Vantage("h1", [network], args.Length > 1 ? [Upstream(args[1])] : []));
        var before = GC.GetTotalAllocatedBytes();
        Console.WriteLine($"listening on {endpoint}");
        while (Console.In.Read() >= 0)
        {
            // Standard input says how long.
        }
        foreach (var (result, count) in server.Statistics.Where(s => s.Value > 0))
            Console.WriteLine($"{result}\t{count}");
        Console.WriteLine($"allocated per question\t{(double)(GC.GetTotalAllocatedBytes() - before) / Math.Max(1, server.Statistics.Values.Sum()):0.000} bytes");
        return 0;
    }

    private static NetworkNames Names()
    {
        var names = new NetworkNames("shop");
        for (var i = 0; i < 3; i++)
            names = names.With(Endpoint(i, $"web{i}", ["web"], Address.Parse($"fd00:1::{i + 1:x}")));
        for (var i = 3; i < 53; i++)
            names = names.With(Endpoint(i, $"fifty{i}", ["fifty"]));
        names = names.With(Endpoint(60, "one", []));
        for (var i = 0; i < 1000; i++)
            names = names.With(Endpoint(100 + i, $"n{i}", []));
        return names;
    }

    private static EndpointNames Endpoint(int number, string name, string[] aliases, params Address[] more) =>
        new(new ObjectId((UInt128)(number + 1)), "h1", [name, .. aliases], [Address.V4(0x0a010000u + (uint)number + 2), .. more]);

    private static UpstreamServer Upstream(string text)
    {
        var parts = text.Split('#');
        var port = parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 53;
        return new(Address.Parse(parts[0]), FromSandbox: false, port);
    }
}
