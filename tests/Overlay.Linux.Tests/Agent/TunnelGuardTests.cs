using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Whose VXLAN packets reach a segment: the members', and nobody else's, whichever way they come.</summary>
public sealed class TunnelGuardTests
{
    private const int VxlanPort = 4789, Listens = 7777;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task VxlanOfStrangersAndOfSandboxes_ReachesNoSegment()
    {
        await using var world = new TwoHosts();
        // Behind other addresses of the hosts than those of their tunnels.
        foreach (var number in new[] { 1, 2 })
            Shell.Run($"ip -n {world.Host(number)} addr add 192.0.2.10{number}/24 dev eth0");
        var agents = new[] { await world.StartAgent(1), await world.StartAgent(2) };
        var cluster = world.Cluster;
        var shop = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        var front = cluster.AddNetwork("front", "bridge", "10.41.0.0/24");
        var victims = new[] { 1, 2 }.Select(n => cluster.AddSandbox($"h{n}", world.Name($"v{n}"))).ToArray();
        var endpoints = victims.Select((v, i) => cluster.Connect(v, shop, 11 + i)).ToArray();
        cluster.Join(shop, "h1", 1);
        cluster.Join(shop, "h2", 2);
        var attacker = cluster.AddSandbox("h1", world.Name("attacker"));
        cluster.Join(front, "h1", 1);
        cluster.Connect(attacker, front, 11);
        await agents[0].Applied(attacker.Id, Partitions.Roster("h1"), Partitions.Hosts, Partitions.Network(shop.Id), Partitions.Network(front.Id));
        await agents[1].Applied(victims[1].Id, Partitions.Roster("h2"), Partitions.Hosts, Partitions.Network(shop.Id));
        // Each host has heard of the other.
        Shell.Until(() => Shell.Try($"ip netns exec {victims[0].Name} ping -c 1 -W 1 10.40.0.12").Code == 0);
        using var kernel = new Kernel();
        using var first = kernel.Open(victims[0].Name).BindUdp(new IPEndPoint(IPAddress.Any, Listens));
        using var second = kernel.Open(victims[1].Name).BindUdp(new IPEndPoint(IPAddress.Any, Listens));
        byte[] To(int victim, byte id) => Vxlan(shop.Vni, endpoints[victim].Mac, endpoints[1 - victim].Mac, $"10.40.0.{12 - victim}", $"10.40.0.{11 + victim}", id);

        // From the stranger: to the tunnels and to the hosts' other addresses.
        Send(kernel, world.Outside, "192.0.2.1", To(0, 1));
        Send(kernel, world.Outside, "192.0.2.101", To(0, 2));
        // From a sandbox: to its host by its gateway and its other addresses, and, behind its host's address (NAT), to another host.
        foreach (var (address, id) in new[] { ("10.41.0.1", 3), ("10.40.0.1", 4), ("192.0.2.1", 5), ("192.0.2.101", 6) })
            Send(kernel, attacker.Name, address, To(0, (byte)id));
        foreach (var (address, id) in new[] { ("192.0.2.2", 7), ("192.0.2.102", 8) })
            Send(kernel, attacker.Name, address, To(1, (byte)id));

        // From members, after all of them: it is the next that arrives.
        Send(kernel, world.Host(2), "192.0.2.1", To(0, 101));
        Send(kernel, world.Host(1), "192.0.2.2", To(1, 102));
        Assert.Equal([101], Received(first, until: 101));
        Assert.Equal([102], Received(second, until: 102));
    }

    private static void Send(Kernel kernel, string from, string to, byte[] packet)
    {
        using var space = kernel.Open(from);
        using var socket = new Socket(space.OpenSocket(AF_INET, SOCK_DGRAM, 0));
        socket.SendTo(packet, new IPEndPoint(IPAddress.Parse(to), VxlanPort));
    }

    private static List<int> Received(Socket socket, byte until)
    {
        var got = new List<int>();
        var buffer = new byte[64];
        socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        while (!got.Contains(until))
        {
            socket.Receive(buffer);
            got.Add(buffer[0]);
        }
        return got;
    }

    /// <summary>RFC 7348 around Ethernet, IPv4 and UDP with one byte.</summary>
    private static byte[] Vxlan(int vni, MacAddress to, MacAddress from, string source, string destination, byte id)
    {
        var ip = new byte[20];
        (ip[0], ip[3], ip[8], ip[9]) = (0x45, 29, 64, 17);
        IPAddress.Parse(source).TryWriteBytes(ip.AsSpan(12), out _);
        IPAddress.Parse(destination).TryWriteBytes(ip.AsSpan(16), out _);
        var sum = 0;
        for (var i = 0; i < ip.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(ip.AsSpan(i));
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(10), (ushort)~((sum & 0xffff) + (sum >> 16)));
        byte[] header = [8, 0, 0, 0, (byte)(vni >> 16), (byte)(vni >> 8), (byte)vni, 0];
        return [.. header, .. Bytes(to), .. Bytes(from), 8, 0, .. ip, 1, 1, Listens >> 8, Listens & 0xff, 0, 9, 0, 0, id];
    }

    private static byte[] Bytes(MacAddress mac)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, mac.Value);
        return bytes[2..];
    }
}
