using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>What a sandbox sends has its own MAC and addresses.</summary>
public sealed class SpoofTests
{
    private const string Attacker = "10.40.0.11", Victim = "10.40.0.12", Other = "10.40.0.13";

    [Theory]
    [InlineData("bridge")]
    [InlineData("overlay")]
    public async Task AnothersAddressOrMac_GoesNowhere_AndIsCounted(string driver)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", driver, "10.40.0.0/24", "fd40::/64");
        world.Cluster.Join(network, "h1", 1);
        var sandboxes = new[] { "a", "v", "o" }.Select(n => world.Cluster.AddSandbox("h1", world.Name(n))).ToArray();
        var endpoints = sandboxes.Select((s, i) => world.Cluster.Connect(s, network, 11 + i)).ToArray();
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Network(network.Id));
        var (a, o) = (sandboxes[0].Name, sandboxes[2].Name);
        foreach (var from in sandboxes)
            Shell.Run($"ip netns exec {from.Name} ping -c 1 -W 2 10.40.0.1 && ip netns exec {from.Name} ping -c 1 -W 2 {Other} && ip netns exec {from.Name} ping -6 -c 1 -W 2 fd40::d");
        Shell.Run($"ip netns exec {o} ping -c 1 -W 2 {Victim} && ip netns exec {o} ping -6 -c 1 -W 2 fd40::c && ip netns exec {a} ping -6 -c 1 -W 2 -I eth0 ff02::1");
        Assert.Equal(new int[8], Dropped(world));

        Shell.Run($"ip -n {a} addr add {Victim}/32 dev eth0 && ip -n {a} addr add fd40::c/128 dev eth0 nodad");
        Assert.NotEqual(0, Shell.Try($"ip netns exec {a} ping -c 1 -W 1 -I {Victim} {Other}").Code);
        Assert.NotEqual(0, Shell.Try($"ip netns exec {a} ping -6 -c 1 -W 1 -I fd40::c fd40::d").Code);
        var (mine, victim, other) = (endpoints[0].Mac, endpoints[1].Mac, endpoints[2].Mac);
        Send(a, Arp(other, mine, mine, Victim, Other));
        Send(a, Arp(other, mine, victim, Attacker, Other));
        Send(a, Arp(other, victim, mine, Attacker, Other));
        Send(a, Advertisement(other, mine, "fd40::b", "fd40::c", "fd40::d"));
        var advertised = Dropped(world)[5];
        Send(a, Advertisement(other, mine, "fd40::b", "fd40::c", "fd40::d", behind: [58, 2, 1, 4, 0, 0, 0, 0, .. Bytes("fd40::b")]));
        Assert.Equal(advertised + 1, Dropped(world)[5]);
        Send(a, Advertisement(other, mine, "fd40::b", "fd40::b", "fd40::d", type: 134));
        Send(a, [.. Bytes(other), .. Bytes(mine), 0x81, 0, 0, 0, 0x81, 0, 0, 0, .. Arp(other, mine, mine, Victim, Other)[12..]]);

        Assert.All(Dropped(world), count => Assert.True(count > 0, string.Join(' ', Dropped(world))));
        Assert.Contains(victim.ToString(), Shell.Run($"ip -n {o} neigh show {Victim}"), StringComparison.Ordinal);
        Assert.Contains(victim.ToString(), Shell.Run($"ip -n {o} neigh show fd40::c"), StringComparison.Ordinal);
        Shell.Run($"ip netns exec {o} ping -c 1 -W 2 {Victim} && ip netns exec {a} ping -c 1 -W 2 -I {Attacker} {Other}");
    }

    [Fact]
    public async Task GuardTable_FlushedByOthers_IsBack_AndGoesWithTheLastEndpoint()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.40.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var (a, b) = (world.Cluster.AddSandbox("h1", world.Name("a")), world.Cluster.AddSandbox("h1", world.Name("b")));
        var (first, second) = (world.Cluster.Connect(a, network, 11), world.Cluster.Connect(b, network, 12));
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Network(network.Id));
        var made = Listing(world);

        Shell.Run($"ip netns exec {world.Host(1)} nft flush ruleset");
        Shell.Until(() => Listing(world) == made);
        world.Cluster.Disconnect(second, network);
        await agent.Applied(null, Partitions.Network(network.Id));
        Assert.Contains(first.Mac.ToString(), Listing(world), StringComparison.Ordinal);
        // After the answer: the kernel acknowledges the deletion of its link a grace period later.
        Shell.Until(() => !Listing(world).Contains(second.Mac.ToString(), StringComparison.Ordinal));
        world.Cluster.Disconnect(first, network);
        await agent.Applied(null, Partitions.Network(network.Id));
        Assert.Equal("", Shell.Run($"ip netns exec {world.Host(1)} nft list ruleset"));
    }

    private static string Listing(TwoHosts world) => Shell.Try($"ip netns exec {world.Host(1)} nft -s list table bridge overlay").Output;

    private static int[] Dropped(TwoHosts world) =>
    [
        .. Shell.Run($"ip netns exec {world.Host(1)} nft list chain bridge overlay from_sandbox | sed -n 's/.*counter packets \\([0-9]*\\) .*/\\1/p'")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse),
    ];

    private static void Send(string sandbox, byte[] frame) => Shell.Run(
        $"ip netns exec {sandbox} python3 -c \"import socket; s=socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('eth0', 0)); s.send(bytes.fromhex('{Convert.ToHexString(frame)}'))\"");

    /// <summary>An ARP reply: 'sender is at mac'.</summary>
    private static byte[] Arp(MacAddress to, MacAddress from, MacAddress mac, string sender, string target) =>
        [.. Bytes(to), .. Bytes(from), 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, .. Bytes(mac), .. Bytes(sender), .. Bytes(to), .. Bytes(target)];

    /// <param name="behind">An extension header (destination options).</param>
    private static byte[] Advertisement(MacAddress to, MacAddress mac, string from, string target, string destination, byte type = 136, byte[]? behind = null)
    {
        byte[] message = [type, 0, 0, 0, 0x20, 0, 0, 0, .. Bytes(target), 2, 1, .. Bytes(mac)];
        byte[] pseudo = [.. Bytes(from), .. Bytes(destination), 0, 0, 0, (byte)message.Length, 0, 0, 0, 58, .. message];
        var sum = 0;
        for (var i = 0; i < pseudo.Length; i += 2)
            sum += pseudo[i] << 8 | pseudo[i + 1];
        sum = (sum & 0xffff) + (sum >> 16);
        sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
        (message[2], message[3]) = ((byte)(sum >> 8), (byte)sum);
        message = [.. behind ?? [], .. message];
        var next = (byte)(behind is null ? 58 : 60);
        return [.. Bytes(to), .. Bytes(mac), 0x86, 0xdd, 0x60, 0, 0, 0, 0, (byte)message.Length, next, 255, .. Bytes(from), .. Bytes(destination), .. message];
    }

    private static byte[] Bytes(MacAddress mac)
    {
        var bytes = new byte[6];
        mac.WriteBytes(bytes);
        return bytes;
    }

    private static byte[] Bytes(string address) => System.Net.IPAddress.Parse(address).GetAddressBytes();
}
