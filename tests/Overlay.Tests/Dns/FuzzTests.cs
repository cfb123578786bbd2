using Overlay.Core;
using Overlay.Dns.Answering;
using Overlay.Dns.Explaining;
using Overlay.Dns.Forwarding;
using Overlay.Dns.Serving;
using Overlay.Dns.Wire;
using Xunit;

namespace Overlay.Tests.Dns;

/// <summary>
/// Whatever comes: no exception, no answer larger than the client takes, and every answer well formed.
/// OVERLAY_FUZZ=10000000 dotnet test tests/Overlay.Tests -c Release --filter FuzzTests sends that many packets, another
/// seed each time; the seed is in the message of a failure.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("OVERLAY_FUZZ"), out var asked) ? asked : 60_000;

    private static readonly int Seed = Rounds == 60_000 ? 1 : Environment.TickCount;

    private readonly byte[] _reply = new byte[Protocol.MaxMessage];
    private readonly Responder _responder = new(TimeProvider.System, CancellationToken.None) { Table = Shop.Table };
    private readonly Listener _listener;
    private Rotation _rotation = new(3);

    public FuzzTests()
    {
        var (udp, tcp) = LoopbackPorts.Bind();
        _listener = new(new ObjectId(1), udp, tcp, Shop.Vantage, HostSockets.Instance);
    }

    public void Dispose()
    {
        _listener.Dispose();
        Assert.Equal(0, _responder.Counters.Snapshot()[DnsResult.InternalError]);
    }

    private static readonly byte[] Asked = Packets.Query("example.org");

    private static readonly byte[][] Seeds =
    [
        Packets.Query("web"), Packets.Query("web.shop", Packets.Aaaa, edns: 1232), Packets.Query("2.0.1.10.in-addr.arpa", Packets.Ptr, edns: 512, dnssec: true),
        Packets.Query("example.org", Packets.Any), Packets.Query(new string('a', 63) + "." + new string('b', 63)), Packets.Query("."), Packets.Query("_80._tcp.web.shop", Packets.Srv, edns: 1232),
        [.. Packets.Query("web")[..12], 0xc0, 12, 0, 1, 0, 1],
        [.. Packets.Query("web", edns: 4096)[..^11], .. Packets.OptRecord(4096, true, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8)],
        Packets.Reply(Packets.Query("example.org"), 0, [Packets.Record([0xc0, 12], Packets.A, 60, [1, 2, 3, 4])]),
        Packets.Reply(Packets.Query("example.org"), 3, [], [Packets.Record([0xc0, 20], Packets.Soa, 60, [0, 0, .. new byte[20]])]),
    ];

    [Fact]
    public void Query_Random_IsSurvived()
    {
        var random = new Random(Seed);
        for (var i = 0; i < Rounds / 3; i++)
        {
            var packet = new byte[random.Next(0, 600)];
            random.NextBytes(packet);
            if (packet.Length > 12 && i % 2 == 0)
                new byte[] { 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(i % 3) }.CopyTo(packet, 0);
            Feed(packet);
        }
    }

    [Fact]
    public void Query_MutatedReal_IsSurvived()
    {
        var random = new Random(Seed + 1);
        for (var i = 0; i < Rounds; i++)
            Feed(Mutate(Seeds[random.Next(Seeds.Length)], random));
    }

    [Fact]
    public void Query_CutAtEveryByteOrOneChanged_IsSurvived()
    {
        foreach (var seed in Seeds)
        {
            for (var at = 0; at <= seed.Length; at++)
                Feed(seed[..at]);
            for (var at = 0; at < seed.Length; at++)
            {
                for (var value = 0; value < 256; value += 5)
                {
                    var changed = seed.ToArray();
                    changed[at] = (byte)value;
                    Feed(changed);
                }
            }
        }
    }

    [Fact]
    public void Names_CompressedInLoops_AreRefused()
    {
        byte[] header = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1];
        for (var target = 0; target < 40; target++)
        {
            byte[] packet = [.. header, 1, (byte)'a', 0xc0, (byte)target, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4];
            var reads = ForeignAnswer.Read(packet) is not null;
            Assert.Equal(target is >= 12 and < 17 && IsName(packet, target), reads);
        }
    }

    /// <summary>The reference for the test above: follows labels for a bounded number of steps.</summary>
    private static bool IsName(byte[] packet, int at)
    {
        for (var steps = 0; steps < 100 && at < 17; steps++)
        {
            if (packet[at] == 0)
                return true;
            if (packet[at] > 63)
                return false;
            at += packet[at] + 1;
        }
        return false;
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var packet = seed.ToList();
        for (var changes = random.Next(1, 6); changes > 0 && packet.Count > 0; changes--)
        {
            var at = random.Next(packet.Count);
            switch (random.Next(5))
            {
                case 0: packet[at] = (byte)random.Next(256); break;
                case 1: packet[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: packet.RemoveAt(at); break;
                case 3: packet.InsertRange(at, packet.Take(random.Next(20)).ToArray()); break;
                default: packet[at] = (byte)(0xc0 | random.Next(2)); break;
            }
        }
        return [.. packet];
    }

    private void Feed(byte[] packet)
    {
        try
        {
            // Exceptions of the whole way are counted there, not thrown.
            var room = Query.Read(packet, out var query) == QueryVerdict.Good ? query.Payload : Protocol.MinPayload;
            var length = _responder.Respond(packet, _listener, isTcp: false, ref _rotation, _reply.AsSpan(0, Protocol.MaxPayload), out _);
            Assert.InRange(length, 0, room);
            if (length > 0)
                Assert.Equal(query.Id, ParsedReply.Read(_reply.AsSpan(0, length)).Id);
            Query.Read(Asked, out var asked);
            if (packet.Length >= 12 && ForeignAnswer.Read(packet) is { } answer && packet.AsSpan(12).StartsWith(asked.Question))
                answer.Write(asked, TimeSpan.FromSeconds(1), _reply.AsSpan(0, 512));
            MessageText.Section(packet.Length < 12 ? Asked : packet, 3);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"seed {Seed}: {Convert.ToHexString(packet)}", failure);
        }
    }
}
