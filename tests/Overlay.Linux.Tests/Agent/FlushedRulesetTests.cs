using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;
using Xunit.Abstractions;

namespace Overlay.Linux.Tests.Agent;

/// <summary>'nft flush ruleset' by somebody else, who has forgotten whose tables there are, under running flows.</summary>
public sealed class FlushedRulesetTests(ITestOutputHelper output)
{
    private const int AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, Flushes = 5;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10), Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task RulesetFlushedUnderFlows_OurTablesReturn_TheFlowsGoOn_AndNobodyElsesTableDoes()
    {
        await using var world = new TwoHosts();
        using var kernel = new Kernel();
        using var outside = kernel.Open(world.Outside);
        using var host = kernel.Open(world.Host(1));
        var agent = await world.StartAgent(1, with: o => o with { DriftDelay = TimeSpan.FromMilliseconds(150), ResyncInterval = TimeSpan.FromHours(1) });
        var network = world.Cluster.AddNetwork("front", "bridge", "10.41.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with { Ports = [FakeCluster.Port(8080, 80), FakeCluster.Port(9000, 90, "udp")] });
        world.Cluster.Connect(web, network, 11);
        await agent.Applied(web.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));
        using var sandbox = kernel.Open(web.Name);
        Shell.Run($"ip netns exec {world.Host(1)} nft 'add table inet mine; add table ip filter'");
        using var stop = new CancellationTokenSource();
        Flow[] flows =
        [
            Flow.TcpPushed("TCP out, masqueraded", sandbox, outside, new(IPAddress.Parse("192.0.2.9"), 7000), new(IPAddress.Parse("192.0.2.9"), 7000)),
            Flow.TcpPulled("TCP from a published port", outside, sandbox, new(IPAddress.Parse("192.0.2.1"), 8080), new(IPAddress.Parse("10.41.0.11"), 80)),
            Flow.Udp("UDP out, masqueraded", sandbox, outside, new(IPAddress.Parse("192.0.2.9"), 7001), new(IPAddress.Parse("192.0.2.9"), 7001)),
            Flow.Udp("UDP to a published port", outside, sandbox, new(IPAddress.Parse("192.0.2.1"), 9000), new(IPAddress.Parse("10.41.0.11"), 90)),
        ];
        var running = flows.Select(flow => flow.Run(stop.Token)).ToArray();
        Shell.Until(() => flows.All(flow => flow.Answered > 20));

        for (var i = 0; i < Flushes; i++)
        {
            Shell.Run($"ip netns exec {world.Host(1)} nft flush ruleset");
            var since = Stopwatch.GetTimestamp();
            Shell.Until(() => host.Nftables.List("inet overlay") is not null && host.Nftables.List("bridge overlay") is not null);
            output.WriteLine($"the tables were back {Stopwatch.GetElapsedTime(since).TotalMilliseconds:0.0} ms after the command's end");
            var before = flows.Select(flow => flow.Answered).ToArray();
            Shell.Until(() => flows.Zip(before).All(f => f.First.Answered > f.Second + 20 || f.First.Failure is not null));
        }
        await stop.CancelAsync();
        await Task.WhenAll(running).WaitAsync(Patience);

        foreach (var flow in flows)
            output.WriteLine($"{flow.Name}: {flow.Answered} of {flow.Sent} answered {flow.Failure}");
        Assert.All(flows, flow => Assert.Null(flow.Failure));
        // A packet or two may pass while there is no table; UDP does not repeat them.
        Assert.All(flows, flow => Assert.InRange(flow.Sent - flow.Answered, 0, Flushes * 20));
        Assert.Equal("table bridge overlay\ntable inet overlay\n", string.Concat(Shell.Run($"ip netns exec {world.Host(1)} nft list tables").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).Select(t => t + "\n")));
        Assert.True(agent.Local.Status().DriftRepaired >= Flushes);
    }

    /// <summary>One connection with a small packet a beat.</summary>
    private sealed class Flow(string name, Func<Flow, CancellationToken, Task> run)
    {
        private int _sent, _answered;

        public string Name => name;

        public int Sent => Volatile.Read(ref _sent);

        public int Answered => Volatile.Read(ref _answered);

        public string? Failure { get; private set; }

        /// <summary>The sandbox sends, and the outside only listens: a segment that comes from there while there is no table
        /// is no connection's, and the host answers it with a reset.</summary>
        public static Flow TcpPushed(string name, INetNamespace from, INetNamespace to, IPEndPoint target, IPEndPoint listen) =>
            Tcp(name, from, to, target, listen, (client, server) => (client, server));

        /// <inheritdoc cref="TcpPushed"/>
        public static Flow TcpPulled(string name, INetNamespace from, INetNamespace to, IPEndPoint target, IPEndPoint listen) =>
            Tcp(name, from, to, target, listen, (client, server) => (server, client));

        private static Flow Tcp(
            string name, INetNamespace from, INetNamespace to, IPEndPoint target, IPEndPoint listen, Func<Socket, Socket, (Socket Sender, Socket Receiver)> roles) => new(name, async (flow, stop) =>
        {
            using var listener = to.ListenTcp(listen);
            using var client = await Connect(from, SOCK_STREAM, target);
            using var server = await listener.AcceptAsync(CancellationToken.None);
            var (sender, receiver) = roles(client, server);
            var buffer = new byte[1];
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref flow._sent);
                await sender.SendAsync(buffer);
                if (await receiver.ReceiveAsync(buffer).WaitAsync(Patience) == 0)
                    throw new IOException("the connection was ended");
                Interlocked.Increment(ref flow._answered);
                await Task.Delay(Beat);
            }
        });

        public static Flow Udp(string name, INetNamespace from, INetNamespace to, IPEndPoint target, IPEndPoint listen) => new(name, async (flow, stop) =>
        {
            using var server = to.BindUdp(listen);
            using var client = await Connect(from, SOCK_DGRAM, target);
            var echo = Reflect(server, stop);
            var listening = flow.Count(client, stop);
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref flow._sent);
                await Refusable(() => client.SendAsync(new byte[1]));
                await Task.Delay(Beat);
            }
            await Task.WhenAll(echo, listening);
        });

        public async Task Run(CancellationToken stop)
        {
            try
            {
                await run(this, stop);
            }
            catch (Exception error) when (error is SocketException or TimeoutException or IOException)
            {
                Failure = error.Message;
            }
        }

        private static async Task<Socket> Connect(INetNamespace from, int type, IPEndPoint target)
        {
            var socket = new Socket(from.OpenSocket(AF_INET, type, 0));
            await socket.ConnectAsync(target);
            return socket;
        }

        private static async Task Reflect(Socket server, CancellationToken stop)
        {
            var buffer = new byte[16];
            try
            {
                while (true)
                {
                    var received = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), stop);
                    await server.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint, stop);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        private async Task Count(Socket client, CancellationToken stop)
        {
            var buffer = new byte[16];
            try
            {
                while (true)
                    await Refusable(async () =>
                    {
                        await client.ReceiveAsync(buffer, stop);
                        Interlocked.Increment(ref _answered);
                    });
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        // 'Port unreachable' of a moment without a table.
        private static async Task Refusable(Func<Task> call)
        {
            try
            {
                await call();
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
            {
                await Task.Yield();
            }
        }
    }
}
