using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Names;
using Overlay.Dns.Answering;
using Overlay.Dns.Wire;

namespace Overlay.Tests.Dns;

/// <summary>A small world of names: networks "shop" and "back", three hosts.</summary>
internal static class Shop
{
    public static readonly ObjectId Network = new(1);
    public static readonly ObjectId Back = new(2);

    public static readonly Vantage Vantage = new("h1", [Network, Back], []);

    public static NameTable Table { get; } = NameTable.Empty
        .With(Network, new NetworkNames("shop")
            .With(Endpoint(1, "h1", "web1 web", "10.1.0.1 fd00:1::1"))
            .With(Endpoint(2, "h2", "web2 web", "10.1.0.2 fd00:1::2"))
            .With(Endpoint(3, "h3", "web3 web", "10.1.0.3"))
            .With(Endpoint(4, "h1", "v4only dotted.name", "10.1.0.4")))
        .With(Back, new NetworkNames("back", TimeSpan.FromSeconds(30))
            .With(Endpoint(5, "h1", "db v4only", "10.2.0.1 fd00:2::1")));

    public static EndpointNames Endpoint(int id, string host, string names, string addresses, int weight = 1, bool draining = false) =>
        new(new ObjectId((UInt128)id), host, [.. names.Split(' ')], [.. addresses.Split(' ').Select(Address.Parse)], weight, draining);

    /// <summary>One network of one name.</summary>
    public static NameTable Of(params EndpointNames[] endpoints) =>
        NameTable.Empty.With(Network, endpoints.Aggregate(new NetworkNames("shop"), (names, endpoint) => names.With(endpoint)));

    /// <summary>Null: silence, or the question is foreign.</summary>
    public static ParsedReply? Ask(byte[] message, NameTable? table = null, Vantage? vantage = null, int seed = 1)
    {
        var rotation = new Rotation((ulong)seed * 0x9E3779B97F4A7C15);
        return Ask(message, table ?? Table, vantage ?? Vantage, ref rotation);
    }

    public static ParsedReply? Ask(byte[] message, NameTable table, Vantage vantage, ref Rotation rotation)
    {
        var reply = new byte[Protocol.MaxPayload];
        var verdict = Query.Read(message, out var query);
        int length;
        if (verdict != QueryVerdict.Good)
            length = Answerer.Reject(verdict, query, reply.AsSpan(0, 512), out _);
        else
            Answerer.TryAnswer(query, vantage, table, ref rotation, reply.AsSpan(0, query.Payload), out length, out _);
        return length == 0 ? null : ParsedReply.Read(reply.AsSpan(0, length));
    }
}
