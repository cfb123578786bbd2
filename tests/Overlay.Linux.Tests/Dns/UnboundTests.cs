using System.Net;
using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns;
using Overlay.Tests.Dns;
using Xunit;

namespace Overlay.Linux.Tests.Dns;

/// <summary>
/// The same questions to this name server and to unbound with the same names; answers compared field by field. A
/// difference is a failure unless it stands in the table with its reason, and a reason without a difference is one too.
/// </summary>
public sealed class UnboundTests(UnboundTests.Pair servers) : IClassFixture<UnboundTests.Pair>
{
    private static readonly Dictionary<string, (string Fields, string Reason)> Explained = new()
    {
        ["ANY"] = ("answer authority", "one HINFO record, RFC 8482, 4.2; unbound gives what it has"),
        ["opcode NOTIFY"] = ("code question", "NOTIMP: no such opcode here (RFC 1035, 4.1.1); unbound knows it, and refuses"),
        ["two questions"] = ("question", "FORMERR without a question, for none of the two was read; unbound sends both back"),
        ["name cut off"] = ("readable", "FORMERR that can be read; unbound sends the broken question back"),
        ["EDNS twice"] = ("readable", "FORMERR with no OPT record, since which one counts is open; unbound sends both back"),
    };

    public static TheoryData<string> Cases => [.. Questions.Keys];

    private static Dictionary<string, byte[]> Questions => new()
    {
        ["A"] = Packets.Query("web"),
        ["A, mixed case"] = Packets.Query("WeB"),
        ["A with its network"] = Packets.Query("web.shop"),
        ["AAAA"] = Packets.Query("web", Packets.Aaaa),
        ["PTR, IPv4"] = Packets.Query("1.0.1.10.in-addr.arpa", Packets.Ptr),
        ["PTR, IPv6"] = Packets.Query("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa", Packets.Ptr),
        ["SRV"] = Packets.Query("_80._tcp.web", Packets.Srv),
        ["type without records"] = Packets.Query("web", 16),
        ["family without records"] = Packets.Query("four", Packets.Aaaa),
        ["name that is not"] = Packets.Query("nobody"),
        ["name below one that is"] = Packets.Query("x.y.web"),
        ["private address of nobody"] = Packets.Query("9.9.9.10.in-addr.arpa", Packets.Ptr),
        ["ANY"] = Packets.Query("web", Packets.Any),
        ["EDNS"] = Packets.Query("web", edns: 1232),
        ["EDNS with the DO bit"] = Packets.Query("web", edns: 1232, dnssec: true),
        ["EDNS with an unknown option"] = [.. Packets.Query("web", edns: 1232)[..^11], .. Packets.OptRecord(1232, false, 0, 0xfd, 0xe9, 0, 2, 1, 2)],
        ["EDNS of a later version"] = [.. Packets.Query("web", edns: 1232)[..^11], .. Packets.OptRecord(1232, false, 1)],
        ["EDNS of 100 bytes"] = Packets.Query("web", edns: 100),
        ["EDNS twice"] = TwoOpts(),
        ["more than 512 bytes"] = Packets.Query("many"),
        ["more than 512 bytes, EDNS"] = Packets.Query("many", edns: 4096),
        ["no recursion desired"] = Packets.Query("web", flags: 0),
        ["checking disabled"] = Packets.Query("web", flags: 0x0110),
        ["opcode NOTIFY"] = Packets.Query("web", flags: 0x2000),
        ["class CHAOS"] = Packets.Query("web", dnsClass: 3),
        ["zone transfer"] = Packets.Query("web", 252),
        ["two questions"] = TwoQuestions(),
        ["name cut off"] = Packets.Query("web")[..^6],
        ["a response"] = Packets.Query("web", flags: 0x8180),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answer_FieldByField_IsUnboundsOrExplained(string question)
    {
        var packet = Questions[question];
        var (ours, theirs) = (Fields(await Ask(servers.Ours, packet)), Fields(await Ask(servers.Unbound, packet)));
        var differences = ours.Where(f => theirs.TryGetValue(f.Key, out var value) && value != f.Value).ToList();
        Assert.True(
            (Explained.GetValueOrDefault(question).Fields ?? "") == string.Join(' ', differences.Select(d => d.Key)),
            string.Join('\n', differences.Select(d => $"{d.Key}: {d.Value}, but unbound {theirs[d.Key]}")));
    }

    /// <summary>What is compared; of a message that is not there or cannot be read, only what there is.</summary>
    private static Dictionary<string, string> Fields(byte[]? message)
    {
        if (message is null)
            return new() { ["answered"] = "no" };
        ParsedReply reply;
        try
        {
            reply = ParsedReply.Read(message);
            _ = reply.Opt;
        }
        catch (Exception broken) when (broken is FormatException or ArgumentOutOfRangeException or IndexOutOfRangeException or InvalidOperationException)
        {
            return new() { ["answered"] = "yes", ["readable"] = "no", ["code"] = $"{message[3] & 15}" };
        }
        return new()
        {
            ["answered"] = "yes",
            ["readable"] = "yes",
            ["code"] = $"{reply.Code}",
            ["flags"] = $"{reply.Flags & 0x0770:x}",
            ["question"] = $"{reply.QuestionName}/{reply.QuestionType}",
            // How much of it comes with TC is free: the client asks again by TCP (RFC 2181, 9).
            ["answer"] = reply.IsTruncated ? "truncated" : string.Join(',', reply.Answers.Select(a => $"{a.Owner}/{a.Type}/{a.Ttl}/{(a.Target.Length > 0 ? a.Target : Convert.ToHexStringLower(a.Data))}").Order()),
            ["authority"] = string.Join(',', reply.Records.Where(r => r.Section == 2).Select(r => $"{r.Type}/{r.Ttl}")),
            ["opt"] = reply.Opt is { } opt ? $"{opt.Ttl & 0xffff:x}" : "none",
        };
    }

    /// <summary>Null: no answer, while a question that was sent after it has one.</summary>
    private static async Task<byte[]?> Ask(IPEndPoint server, byte[] packet)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, patience.Token);
        await socket.SendAsync(packet, patience.Token);
        await socket.SendAsync(Packets.Query("four", id: 0x7777), patience.Token);
        var buffer = new byte[65536];
        byte[]? found = null;
        while (true)
        {
            var reply = buffer[..await socket.ReceiveAsync(buffer, patience.Token)];
            if (reply[0] == 0x77 && reply[1] == 0x77)
                return found;
            found = reply;
        }
    }

    private static byte[] TwoOpts()
    {
        byte[] query = [.. Packets.Query("web", edns: 1232), .. Packets.OptRecord(1232)];
        query[11] = 2;
        return query;
    }

    private static byte[] TwoQuestions()
    {
        byte[] query = [.. Packets.Query("web"), .. Packets.Query("four")[12..]];
        query[5] = 2;
        return query;
    }

    public sealed class Pair : IDisposable
    {
        private readonly DnsServer _server = new();
        private readonly UnboundServer _unbound = new();

        public Pair()
        {
            var network = new ObjectId(1);
            _server.Update(NameTable.Empty.With(network, _unbound.Names.Aggregate(new NetworkNames("shop"), (names, name) => names.With(name))));
            var (udp, tcp) = LoopbackPorts.Bind();
            Ours = (IPEndPoint)udp.LocalEndPoint!;
            _server.Add(new ObjectId(2), udp, tcp, new Vantage("h1", [network], [], Forwards: false));
        }

        internal IPEndPoint Ours { get; }

        internal IPEndPoint Unbound => _unbound.Address;

        public void Dispose()
        {
            _server.Dispose();
            _unbound.Dispose();
        }
    }
}
