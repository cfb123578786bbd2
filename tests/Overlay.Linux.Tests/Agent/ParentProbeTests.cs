using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Addresses on a physical network that others use as well.</summary>
public sealed class ParentProbeTests
{
    // What a probe looks like on the wire, for one address of each family: printed by whoever listens on eth0.
    private const string Listener = """
        import socket
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind(("eth0", 0))
        print("ready", flush=True)
        while True:
            f = s.recv(200)
            if f[12:14] == b"\x08\x06" and f[28:32] == bytes(4) and f[38:42] == bytes([192, 0, 2, 60]): print("arp", flush=True)
            if f[12:14] == b"\x86\xdd" and f[22:38] == bytes(16) and f[54] == 135 and f[62:78] == socket.inet_pton(socket.AF_INET6, "fd99::3c"): print("nd", flush=True)
        """;

    // Others' questions and answers, as fast as they go: ARP and neighbour advertisements.
    private const string Noise = """
        import socket
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.bind(("eth0", 0))
        mac = b"\x02\x99\0\0\0\1"
        arp = b"\xff" * 6 + mac + b"\x08\x06\0\1\x08\0\6\4\0\1" + mac + bytes([192, 0, 2, 77]) + bytes(6) + bytes([192, 0, 2, 60])
        nd = b"\x33\x33\0\0\0\1" + mac + b"\x86\xdd\x60\0\0\0\0\x18\x3a\xff" + socket.inet_pton(socket.AF_INET6, "fd99::77") + socket.inet_pton(socket.AF_INET6, "ff02::1") + b"\x88\0\0\0\0\0\0\0" + socket.inet_pton(socket.AF_INET6, "fd99::77")
        print("ready", flush=True)
        while True:
            s.send(arp)
            s.send(nd)
        """;

    [Theory]
    [InlineData("macvlan", "bridge", "192.0.2.60", 24)]
    [InlineData("macvlan", "bridge", "fd99::3c", 64)]
    [InlineData("macvlan", "private", "192.0.2.60", 24)]
    [InlineData("macvlan", "vepa", "fd99::3c", 64)]
    public Task AddressOfAForeigner_IsNotSet_AndIsWhenHeGoes(string driver, string mode, string address, int length) => Foreigner(driver, mode, address, length);

    [Theory]
    [Trait("Kernel", "vm")]
    [InlineData("l2", "192.0.2.60", 24)]
    [InlineData("l2", "fd99::3c", 64)]
    public Task Ipvlan_AddressOfAForeigner_IsNotSet_AndIsWhenHeGoes(string mode, string address, int length) => Foreigner("ipvlan", mode, address, length);

    [Fact]
    public async Task OneAddressOnTwoHosts_TheSecondIsRefused_AndNamesTheFirst()
    {
        await using var world = new TwoHosts();
        var network = Add(world, "macvlan", "bridge");
        var (first, a) = await Connect(world, network, 1, "a");
        await first.Applied(a.Sandbox, Partitions.Roster("h1"), Partitions.Network(network.Id));
        var (second, b) = await Connect(world, network, 2, "b");
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => second.Applied(b.Sandbox, Partitions.Roster("h2"), Partitions.Network(network.Id)));
        Assert.Contains($" is in use on eth0 by {a.Mac}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2.60", Shell.Run($"ip -n {b.SandboxName} -o addr"), StringComparison.Ordinal);

        world.Cluster.Disconnect(a, network);
        await first.Applied(null, Partitions.Network(network.Id));
        Shell.Until(() => Shell.Try($"ip netns exec {world.Outside} ping -c 1 -W 1 192.0.2.60 && ip -n {b.SandboxName} -o addr show eth0 | grep fd99::3c").Code == 0);
    }

    [Fact]
    public async Task TwoWhoAskAtTheSameTime_AreNotBothTold_ThatItIsFree()
    {
        await using var world = new TwoHosts();
        using var kernel = new Kernel();
        using var h1 = kernel.Open(world.Host(1));
        using var h2 = kernel.Open(world.Host(2));
        foreach (var address in new[] { "192.0.2.60", "fd99::3c" })
        {
            var found = await Task.WhenAll(h1.FindHolder("eth0", Address.Parse(address), default), h2.FindHolder("eth0", Address.Parse(address), default));
            // The first to hear the other asks no more, so the other may not hear of it.
            Assert.Contains(found, f => f is not null);
            Assert.True(found[0] is null || found[0] == h2.FindLink("eth0")!.Mac);
            Assert.True(found[1] is null || found[1] == h1.FindLink("eth0")!.Mac);
        }
    }

    [Fact]
    public async Task FindHolder_OnABusyNetwork_HearsOnlyWhatItAskedFor()
    {
        await using var world = new TwoHosts();
        using var kernel = new Kernel();
        using var h1 = kernel.Open(world.Host(1));
        using var noise = Shell.Start($"exec ip netns exec {world.Outside} python3 -c '{Noise}'");
        Assert.Equal("ready", await noise.StandardOutput.ReadLineAsync());
        try
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.Null(await h1.FindHolder("eth0", Address.Parse("192.0.2.60"), default));
                Assert.Null(await h1.FindHolder("eth0", Address.Parse("fd99::3c"), default));
                Assert.Equal(Shell.Run($"ip netns exec {world.Outside} cat /sys/class/net/eth0/address").Trim(), (await h1.FindHolder("eth0", Address.Parse("192.0.2.9"), default)).ToString());
            }
        }
        finally
        {
            noise.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task AgentRestartedUnderTraffic_AsksNobody_AndLosesNothing()
    {
        await using var world = new TwoHosts();
        var heard = new List<string>();
        using var listener = Shell.Start($"exec ip netns exec {world.Outside} python3 -c '{Listener}'");
        listener.OutputDataReceived += (_, line) => { lock (heard) heard.Add(line.Data ?? ""); };
        listener.BeginOutputReadLine();
        try
        {
            Shell.Until(() => Count(heard, "ready") == 1);
            var network = Add(world, "macvlan", "bridge");
            var (agent, endpoint) = await Connect(world, network, 1, "a");
            await agent.Applied(endpoint.Sandbox, Partitions.Roster("h1"), Partitions.Network(network.Id));
            Shell.Until(() => Count(heard, "arp") == 2 && Count(heard, "nd") == 2);

            using var flow = Shell.Start($"exec ip netns exec {world.Outside} ping -i 0.01 -c 250 192.0.2.60");
            await agent.DisposeAsync();
            world.Agents.Remove(agent);
            agent = await world.StartAgent(1);
            await agent.Applied(endpoint.Sandbox, Partitions.Roster("h1"), Partitions.Network(network.Id));
            Assert.Contains("250 received, 0% packet loss", await flow.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
            Assert.Equal((2, 2), (Count(heard, "arp"), Count(heard, "nd")));
        }
        finally
        {
            listener.Kill(entireProcessTree: true);
        }
    }

    private static async Task Foreigner(string driver, string mode, string address, int length)
    {
        await using var world = new TwoHosts();
        Shell.Run($"ip -n {world.Outside} addr add {address}/{length} dev eth0 {(length == 64 ? "nodad" : "")}");
        var holder = Shell.Run($"ip netns exec {world.Outside} cat /sys/class/net/eth0/address").Trim();
        var network = Add(world, driver, mode);
        var (agent, endpoint) = await Connect(world, network, 1, "a");
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => agent.Applied(endpoint.Sandbox, Partitions.Roster("h1"), Partitions.Network(network.Id)));
        Assert.Contains($"address {address} is in use on eth0 by {holder}: ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(address + "/", Shell.Run($"ip -n {endpoint.SandboxName} -o addr"), StringComparison.Ordinal);

        Shell.Run($"ip -n {world.Outside} addr del {address}/{length} dev eth0");
        Shell.Until(() => Shell.Try($"ip -n {endpoint.SandboxName} -o addr show eth0 | grep -F ' {address}/'").Code == 0);
        // The pass that set it says so at its end; until then what stands is the refusal.
        Shell.Until(() => !agent.Local.Status().Problems.Any(p => p.Contains(address, StringComparison.Ordinal)));
        await agent.Applied(endpoint.Sandbox, Partitions.Roster("h1"), Partitions.Network(network.Id));
        Shell.Run($"ip netns exec {world.Host(2)} ping -c 1 -W 2 {address}");
    }

    private static int Count(List<string> heard, string what)
    {
        lock (heard)
            return heard.Count(h => h == what);
    }

    private static async Task<(TestAgent Agent, EndpointRecord Endpoint)> Connect(TwoHosts world, NetworkRecord network, int host, string name)
    {
        var agent = await world.StartAgent(host);
        world.Cluster.Join(network, $"h{host}", host);
        return (agent, world.Cluster.Connect(world.Cluster.AddSandbox($"h{host}", world.Name(name)), network, 60));
    }

    private static NetworkRecord Add(TwoHosts world, string driver, string mode) => ParentNetworkTests.Add(
        world, driver, ["192.0.2.0/24", "fd99::/64"], ("parent", "eth0"), ($"{driver}_mode", mode), ("ipvlan_flag", "bridge"));
}
