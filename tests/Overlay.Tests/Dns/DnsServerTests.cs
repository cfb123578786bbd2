using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Core;
using Overlay.Dns;
using Overlay.Dns.Answering;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed partial class DnsServerTests
{
    private const int ServFail = 2;

    [Fact]
    public async Task Name_AskedByUdpAndTcp_IsAnswered()
    {
        using var world = new LoopbackServer();
        Assert.Equal(3, (await world.AskAsync("web")).Addresses.Count);
        Assert.Equal(3, (await world.AskByTcpAsync(Packets.Query("web"))).Addresses.Count);
        Assert.Equal(2, world.Server.Statistics[DnsResult.Answered]);
    }

    [Fact]
    public async Task ManyNames_InOneTcpAnswer_AreNotTruncated()
    {
        using var world = new LoopbackServer();
        world.Server.Update(Shop.Of([.. Enumerable.Range(1, 300).Select(i => Shop.Endpoint(i, "h1", "many", $"10.1.{i >> 8}.{i & 255}"))]));
        Assert.True((await world.AskAsync("many")).IsTruncated);
        Assert.Equal(300, (await world.AskByTcpAsync(Packets.Query("many"))).Addresses.Distinct().Count());
    }

    [Fact]
    public async Task Tcp_QuestionsInOneWriteThenHalfClose_AreAllAnswered()
    {
        using var world = new LoopbackServer();
        using var stream = await world.ConnectAsync();
        await stream.WriteAsync((byte[])[.. Enumerable.Range(1, 5).SelectMany(i => LoopbackServer.Prefixed(Packets.Query("web", id: (ushort)i)))]);
        stream.Socket.Shutdown(SocketShutdown.Send);
        for (var i = 1; i <= 5; i++)
            Assert.Equal(i, (await LoopbackServer.ReadAsync(stream)).Id);
        Assert.True(await LoopbackServer.IsClosedAsync(stream));
    }

    [Fact]
    public async Task Tcp_MessageLargerThanAnyQuery_EndsTheConnection()
    {
        using var world = new LoopbackServer();
        using var stream = await world.ConnectAsync();
        await stream.WriteAsync(new byte[] { 0xff, 0xff, 1, 2, 3 });
        Assert.True(await LoopbackServer.IsClosedAsync(stream));
    }

    [Fact]
    public async Task Tcp_ClientThatStallsInsideAMessage_IsLeftAfterTenSeconds()
    {
        using var world = new LoopbackServer();
        using var stream = await world.ConnectAsync();
        var waiting = world.Time.TimerOf(TimeSpan.FromSeconds(10));
        await stream.WriteAsync(new byte[] { 0, 40, 1 });
        await waiting;
        world.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(await LoopbackServer.IsClosedAsync(stream));
    }

    [Fact]
    public async Task Tcp_ConnectionsBeyondTheLimit_AreClosedAndTheOthersServed()
    {
        using var world = new LoopbackServer();
        var streams = new List<NetworkStream>();
        for (var i = 0; i < 65; i++)
            streams.Add(await world.ConnectAsync());
        Assert.True(await LoopbackServer.IsClosedAsync(streams[64]));
        await streams[63].WriteAsync(LoopbackServer.Prefixed(Packets.Query("web")));
        Assert.Equal(3, (await LoopbackServer.ReadAsync(streams[63])).Addresses.Count);
        streams.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Table_Swapped_IsSeenByTheNextQuestion()
    {
        using var world = new LoopbackServer();
        for (var i = 1; i <= 100; i++)
        {
            world.Server.Update(Shop.Of(Shop.Endpoint(1, "h1", "web", $"10.1.0.{i}")));
            Assert.Equal([$"10.1.0.{i}"], (await world.AskAsync("web")).Addresses);
        }
    }

    [Fact]
    public async Task Vantage_Swapped_IsSeenByTheNextQuestion()
    {
        using var world = new LoopbackServer();
        Assert.True(world.Server.SetVantage(world.Sandbox, Shop.Vantage with { Networks = [Shop.Back] }));
        Assert.Equal(ServFail, (await world.AskAsync("web")).Code);
        Assert.Single((await world.AskAsync("db")).Addresses);
        Assert.False(world.Server.SetVantage(new ObjectId(999), Shop.Vantage));
    }

    [Fact]
    public async Task Garbage_InAFlood_DoesNotStopAnswers()
    {
        using var world = new LoopbackServer();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(world.AddressOf(world.Sandbox));
        var random = new Random(5);
        for (var i = 0; i < 500; i++)
        {
            var packet = new byte[random.Next(0, i % 50 == 0 ? 9000 : 200)];
            random.NextBytes(packet);
            await socket.SendAsync(packet);
            // More than a few at once would fill the socket's buffer, and the kernel drops what is too much.
            if (i % 20 == 19)
                Assert.Equal(3, (await world.AskAsync("web")).Addresses.Count);
        }
    }

    [Fact]
    public void Remove_ClosesBothSockets()
    {
        using var world = new LoopbackServer();
        var address = world.AddressOf(world.Sandbox);
        Assert.True(world.Server.Remove(world.Sandbox));
        Assert.False(world.Server.Remove(world.Sandbox));
        Assert.Empty(world.Server.Sandboxes);
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(address);
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Throws<SocketException>(() => tcp.Connect(address));
    }

    [Fact]
    public async Task Sandboxes_AddedAndRemovedByTheHundred_AreEachServed()
    {
        using var world = new LoopbackServer();
        var sandboxes = Enumerable.Range(200, 100).Select(i => new ObjectId((UInt128)i)).ToList();
        sandboxes.ForEach(s => world.Add(s));
        foreach (var sandbox in sandboxes)
            Assert.Equal(3, (await world.AskAsync("web", sandbox: sandbox)).Addresses.Count);
        sandboxes.ForEach(s => Assert.True(world.Server.Remove(s)));
        Assert.Equal(3, (await world.AskAsync("web")).Addresses.Count);
    }

    /// <summary>What a supervisor does: hold the open files while the process that served them goes away.</summary>
    [Fact]
    public async Task Sockets_HeldWhileTheServerRestarts_LoseNoQuestion()
    {
        var (udp, tcp) = LoopbackPorts.Bind();
        var address = (IPEndPoint)udp.LocalEndPoint!;
        using var heldUdp = Duplicate(udp);
        using var heldTcp = Duplicate(tcp);
        using (var first = new DnsServer())
        {
            first.Add(new ObjectId(1), udp, tcp, Shop.Vantage);
        }
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(address);
        await client.SendAsync(Packets.Query("web"));
        using var connection = new TcpClient();
        await connection.ConnectAsync(address);
        using var second = new DnsServer();
        second.Update(Shop.Table);
        second.Add(new ObjectId(1), heldUdp, heldTcp, Shop.Vantage);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[512];
        var received = await client.ReceiveAsync(buffer, patience.Token);
        Assert.Equal(3, ParsedReply.Read(buffer.AsSpan(0, received)).Addresses.Count);
        await connection.GetStream().WriteAsync(LoopbackServer.Prefixed(Packets.Query("web")), patience.Token);
        Assert.Equal(3, (await LoopbackServer.ReadAsync(connection.GetStream())).Addresses.Count);
    }

    [Fact]
    public async Task Removed_WhileTheSupervisorHoldsItsSockets_AnswersNothing_UntilItIsAddedAgain()
    {
        var (udp, tcp) = LoopbackPorts.Bind();
        var address = (IPEndPoint)udp.LocalEndPoint!;
        using var heldUdp = Duplicate(udp);
        using var heldTcp = Duplicate(tcp);
        using var world = new LoopbackServer();
        world.Server.Add(new ObjectId(1), udp, tcp, Shop.Vantage);

        world.Server.Remove(new ObjectId(1));

        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(address);
        await client.SendAsync(Packets.Query("web"));
        // The socket's event would have come before the question that another one answers now.
        Assert.Equal(3, (await world.AskAsync("web")).Addresses.Count);
        Assert.Equal(1, world.Server.Statistics[DnsResult.Answered]);
        Assert.Equal(0, client.Available);
        world.Server.Add(new ObjectId(1), heldUdp, heldTcp, Shop.Vantage);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[512];
        Assert.Equal(3, ParsedReply.Read(buffer.AsSpan(0, await client.ReceiveAsync(buffer, patience.Token))).Addresses.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SocketThatSomethingShutDown_CostsNoTime_AndTheOthersAreServed(bool isTcp)
    {
        // The second loop, for its thread's name: no other test has one.
        var others = Threads("dns-1");
        using var server = new DnsServer(loops: 2);
        server.Update(Shop.Table);
        var sockets = Enumerable.Range(1, 4).Select(_ => LoopbackPorts.Bind()).ToList();
        foreach (var (i, (udp, tcp)) in sockets.Index())
            server.Add(new ObjectId((UInt128)(i + 1)), udp, tcp, Shop.Vantage);
        var (broken, whole) = (sockets[1], sockets[3].Udp.LocalEndPoint!);
        var loop = Threads("dns-1").Except(others).Single();

        _ = Shutdown((int)(isTcp ? broken.Tcp : broken.Udp).SafeHandle.DangerousGetHandle(), how: 2);
        await AssertAnswered(whole);
        var (start, own) = (TimeOf(loop), TimeOf("/proc/thread-self"));
        // While this thread works, the other one would too, if it had anything to do.
        while (TimeOf("/proc/thread-self") - own < 30)
            Assert.NotEmpty(Packets.Query("web"));

        Assert.InRange(TimeOf(loop) - start, 0, 10);
        await AssertAnswered(whole);
        Assert.True(server.Remove(new ObjectId(2)));
        await AssertAnswered(whole);
    }

    private static string[] Threads(string name) => [.. Directory.EnumerateDirectories("/proc/self/task").Where(t => NameOf(t) == name)];

    private static string? NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(thread + "/comm").TrimEnd();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    private static async Task AssertAnswered(EndPoint address)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await client.ConnectAsync(address, patience.Token);
        await client.SendAsync(Packets.Query("web"), patience.Token);
        var buffer = new byte[512];
        Assert.Equal(3, ParsedReply.Read(buffer.AsSpan(0, await client.ReceiveAsync(buffer, patience.Token))).Addresses.Count);
    }

    // Clock ticks of processor time, 10 ms each.
    private static long TimeOf(string thread)
    {
        var stat = File.ReadAllText(thread + "/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11]) + long.Parse(fields[12]);
    }

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int Shutdown(int descriptor, int how);

    private static Socket Duplicate(Socket socket) => new(new SafeSocketHandle(Dup((int)socket.SafeHandle.DangerousGetHandle()), ownsHandle: true));

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Dup(int descriptor);
}
