using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>
/// Bridges take packets for 127.0.0.0/8 (route_localnet), so that 127.0.0.1:PORT leads into a sandbox. What listens on
/// 127.0.0.1 is the host's own all the same: nobody else can send it a packet, whatever it makes by hand.
/// </summary>
public sealed class LoopbackGuardTests
{
    private const int Listener = 7777, Published = 8085;

    [Fact]
    public async Task CraftedPacket_To127001_IsDropped_FromASandboxHereAndElsewhere_AndFromOutside()
    {
        await using var world = new TwoHosts();
        var (first, second) = (await world.StartAgent(1), await world.StartAgent(2));
        var shop = world.Cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        var front = world.Cluster.AddNetwork("front", "bridge", "10.41.0.0/24");
        world.Cluster.Join(shop, "h1", 1);
        world.Cluster.Join(shop, "h2", 2);
        world.Cluster.Join(front, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with { Ports = [FakeCluster.Port(Published, 90, "udp") with { HostAddress = Address.Parse("127.0.0.1") }] });
        var (near, far) = (world.Cluster.AddSandbox("h1", world.Name("near")), world.Cluster.AddSandbox("h2", world.Name("far")));
        var (a, b, c) = (world.Cluster.Connect(web, shop, 11), world.Cluster.Connect(near, front, 12), world.Cluster.Connect(far, shop, 13));
        await first.Applied(null, Partitions.Network(shop.Id), Partitions.Network(front.Id), Partitions.Roster("h1"));
        await second.Applied(null, Partitions.Network(shop.Id), Partitions.Roster("h2"));
        using var receivers = new Receivers(world, web.Name);
        var tunnel = Link(world.Host(1), Shell.Run($"ip -n {world.Host(1)} -o link show type vxlan | cut -d: -f2").Trim());
        var uplink = Link(world.Host(1), "eth0");

        // From each of them, to the host's own listener and to the port that is published at 127.0.0.1.
        void SendAll(string tag)
        {
            foreach (var port in new[] { Listener, Published })
            {
                Send(web.Name, Packet(shop.GatewayMac, a.Mac, "10.40.0.11", port, $"{tag} web"));
                Send(near.Name, Packet(front.GatewayMac, b.Mac, "10.41.0.12", port, $"{tag} near"));
                Send(far.Name, Packet(tunnel, c.Mac, "10.40.0.13", port, $"{tag} far"));
                Send(world.Outside, Packet(uplink, Link(world.Outside, "eth0"), "192.0.2.9", port, $"{tag} outside"));
            }
        }

        SendAll("guarded");
        receivers.Mark("mark");
        Assert.Equal(["mark"], receivers.OfHost);
        Assert.Equal(["mark"], receivers.OfSandbox);

        // The same frames arrive without the rules, so it is these that stop them. The uplink's own kernel stops what would
        // stay on the host, and not what the map leads on.
        await first.DisposeAsync();
        var prerouting = Shell.Run($"ip netns exec {world.Host(1)} nft -a list chain inet overlay prerouting | sed -n 's/.*return # handle //p'").Trim();
        Shell.Run($"ip netns exec {world.Host(1)} nft 'flush chain inet overlay guard; delete rule inet overlay prerouting handle {prerouting}'");
        SendAll("open");
        Shell.Until(() => receivers.OfHost.Count == 4 && receivers.OfSandbox.Count == 5);
        Assert.Equal(["mark", "open far", "open near", "open web"], receivers.OfHost.Order());
        Assert.Equal(["mark", "open far", "open near", "open outside", "open web"], receivers.OfSandbox.Order());
    }

    private static MacAddress Link(string space, string link) =>
        MacAddress.Parse(Shell.Run($"ip -n {space} -o link show {link} | sed 's/.*link.ether \\([^ ]*\\).*/\\1/'").Trim());

    private static void Send(string space, byte[] frame) => Shell.Run(
        $"ip netns exec {space} python3 -c \"import socket; s=socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('eth0', 0)); s.send(bytes.fromhex('{Convert.ToHexString(frame)}'))\"");

    /// <summary>A line over UDP to 127.0.0.1; a checksum of 0 stands for none (RFC 768).</summary>
    private static byte[] Packet(MacAddress to, MacAddress from, string source, int port, string line)
    {
        byte[] data = [.. System.Text.Encoding.ASCII.GetBytes(line), (byte)'\n'];
        byte[] udp = [0x12, 0x34, (byte)(port >> 8), (byte)port, 0, (byte)(8 + data.Length), 0, 0, .. data];
        byte[] ip = [0x45, 0, 0, (byte)(20 + udp.Length), 0, 0, 0, 0, 64, 17, 0, 0, .. System.Net.IPAddress.Parse(source).GetAddressBytes(), 127, 0, 0, 1];
        var sum = 0;
        for (var i = 0; i < ip.Length; i += 2)
            sum += ip[i] << 8 | ip[i + 1];
        sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
        (ip[10], ip[11]) = ((byte)(sum >> 8), (byte)sum);
        return [.. Bytes(to), .. Bytes(from), 8, 0, .. ip, .. udp];
    }

    private static byte[] Bytes(MacAddress mac)
    {
        var bytes = new byte[6];
        mac.WriteBytes(bytes);
        return bytes;
    }

    /// <summary>One listener on the host's 127.0.0.1 and one in the sandbox, each with the lines that it got.</summary>
    private sealed class Receivers : IDisposable
    {
        private readonly TwoHosts _world;
        private readonly System.Diagnostics.Process[] _processes;

        public Receivers(TwoHosts world, string sandbox)
        {
            _world = world;
            File.WriteAllText(HostFile, "");
            File.WriteAllText(SandboxFile, "");
            _processes =
            [
                Shell.Start($"exec ip netns exec {world.Host(1)} socat -u UDP4-RECV:{Listener},bind=127.0.0.1 OPEN:{HostFile},append"),
                Shell.Start($"exec ip netns exec {sandbox} socat -u UDP4-RECV:90 OPEN:{SandboxFile},append"),
            ];
            Shell.Until(() => Shell.Run($"ip netns exec {world.Host(1)} ss -Hlnu sport = :{Listener}; ip netns exec {sandbox} ss -Hlnu sport = :90").Split('\n').Length == 3);
        }

        public IReadOnlyList<string> OfHost => File.ReadAllLines(HostFile);

        public IReadOnlyList<string> OfSandbox => File.ReadAllLines(SandboxFile);

        private string HostFile => Path.Combine(_world.Directory, "host");

        private string SandboxFile => Path.Combine(_world.Directory, "sandbox");

        /// <summary>The host itself sends a line to both, and waits until it is there: whatever came before it is there too.</summary>
        public void Mark(string line)
        {
            foreach (var port in new[] { Listener, Published })
                Shell.Run($"echo {line} | ip netns exec {_world.Host(1)} socat -u - UDP4-SENDTO:127.0.0.1:{port}");
            Shell.Until(() => OfHost.Contains(line) && OfSandbox.Contains(line));
        }

        public void Dispose()
        {
            foreach (var process in _processes)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }
        }
    }
}
