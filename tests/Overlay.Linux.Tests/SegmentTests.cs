using System.Globalization;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests;

/// <summary>One L2 segment over two hosts, made with this room's words only, carrying real traffic: the recipe of
/// src/DESIGN.md, 'Overlay segment'.</summary>
public sealed class SegmentTests : IDisposable
{
    private static readonly MacAddress GatewayMac = MacAddress.Parse("02:40:00:00:00:01");

    private readonly TrialNamespaces _trial = new();

    [Fact]
    public void TwoHosts_EverybodyReachesEverybody_AndNothingIsFlooded()
    {
        MakeUnderlay();
        foreach (var host in (int[])[1, 2])
            MakeHost(host);
        foreach (var host in (int[])[1, 2])
            AddRemote(host, 3 - host);
        _trial.Run("c1", "ping", "-c", "3", "-i", "0.05", "-W", "2", "10.40.0.12");
        _trial.Run("c1", "ping", "-c", "3", "-i", "0.05", "-W", "2", "fd40::12");
        _trial.Run("c2", "ping", "-c", "3", "-i", "0.05", "-W", "2", "-M", "do", "-s", "1422", "10.40.0.11");
        // A host reaches the other host's container from its node address.
        _trial.Run("h1", "ping", "-c", "3", "-i", "0.05", "-W", "2", "10.40.0.12");
        // Somebody who is nowhere: the ARP request must not leave the host.
        var before = SentPackets("h1");
        Assert.ThrowsAny<Exception>(() => _trial.Run("c1", "ping", "-c", "1", "-W", "1", "10.40.0.99"));
        Assert.Equal(before, SentPackets("h1"));
    }

    [Fact]
    public void Announce_NewMac_ReplacesTheNeighboursOldOne()
    {
        MakeUnderlay();
        MakeHost(1);
        var moved = Address.Parse("10.40.0.77");
        var (old, now) = (MacAddress.Parse("02:40:00:00:77:01"), MacAddress.Parse("02:40:00:00:77:02"));
        var container = _trial["c1"];
        container.Apply([new SetNeighbour("eth0", moved, old) { State = NeighbourState.Stale }]);
        using var changes = new Contract.EventTrap(container, KernelEvents.Neighbours);
        _trial["h1"].Announce(["port"], (moved, now));
        while (container.DumpNeighbours().Single(neighbour => neighbour.Address == moved).Mac != now)
            changes.Wait(KernelEvents.Neighbours);
        var refusal = Assert.Throws<KernelException>(() => _trial["h1"].Announce(["gone", "port"], (moved, now)));
        Assert.Contains("on gone in ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.40.0.1")]
    [InlineData("fd40::1")]
    public void DeleteConnections_DeletesOnlyWhatMatches(string gateway)
    {
        MakeUnderlay();
        MakeHost(1);
        var host = _trial["h1"];
        host.Nftables.Run("table inet t { chain c { type filter hook input priority 0; ct state new accept; }; }");
        _trial.Run("c1", "ping", "-c", "1", "-W", "2", gateway);
        var target = Address.Parse(gateway);
        Assert.Equal(0, host.DeleteConnections(new ConnectionFilter { OriginalDestination = Address.Parse("10.99.0.1") }));
        Assert.Equal(0, host.DeleteConnections(new ConnectionFilter { OriginalDestination = target, Protocol = 6 }));
        Assert.Equal(1, host.DeleteConnections(new ConnectionFilter { OriginalDestination = target, ReplySource = target }));
        Assert.Equal(0, host.DeleteConnections(new ConnectionFilter { OriginalDestination = target }));
    }

    public void Dispose() => _trial.Dispose();

    private void MakeUnderlay()
    {
        _trial["u"].Apply([new AddBridge("br") { Up = true }]);
        foreach (var host in (int[])[1, 2])
        {
            _trial["u"].Apply([new AddVeth($"h{host}", "eth0", _trial[$"h{host}"]) { Master = "br", Up = true }]);
            _trial[$"h{host}"].Apply([
                new SetLink("eth0") { Up = true },
                new AddAddress("eth0", Address.Parse($"192.0.2.{host}"), 24),
            ]);
        }
    }

    private void MakeHost(int host)
    {
        var space = _trial[$"h{host}"];
        foreach (var name in (string[])["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"])
            space.WriteSysctl(name, "1");
        space.WriteSysctl("net/bridge/bridge-nf-call-iptables", "0");
        var (v4, v6) = (Prefix.Parse("10.40.0.0/24"), Prefix.Parse("fd40::/64"));
        space.Apply([
            new AddBridge("br") { Mac = GatewayMac, Mtu = 1450, Up = true },
            new AddVxlan("vx", 4097, Address.Parse($"192.0.2.{host}"), 4789) { Mac = TunnelMac(host), Mtu = 1450, Master = "br" },
            new SetBridgePort("vx") { Learning = false, Flood = false, MulticastFlood = false, BroadcastFlood = false, NeighbourSuppression = true },
            new SetLink("vx") { Up = true },
            new AddAddress("br", Address.Parse("10.40.0.1"), 24),
            new AddAddress("br", NodeV4(host), 32),
            new AddAddress("br", Address.Parse("fd40::1"), 64),
            new AddAddress("br", NodeV6(host), 128),
            new SetRoute(v4) { Link = "br", PreferredSource = NodeV4(host) },
            new SetRoute(v6) { Link = "br", PreferredSource = NodeV6(host), Metric = 256 },
        ]);
        var container = _trial[$"c{host}"];
        space.Apply([new AddVeth("port", "eth0", container) { Mtu = 1450, PeerMtu = 1450, PeerMac = ContainerMac(host), Master = "br", Up = true }]);
        container.Apply([
            new SetLink("eth0") { Up = true },
            new AddAddress("eth0", Address.Parse($"10.40.0.1{host}"), 24),
            new AddAddress("eth0", Address.Parse($"fd40::1{host}"), 64),
            new SetRoute(Prefix.Parse("0.0.0.0/0")) { Via = Address.Parse("10.40.0.1"), Link = "eth0" },
            new SetRoute(Prefix.Parse("::/0")) { Via = Address.Parse("fd40::1"), Link = "eth0" },
        ]);
    }

    private void AddRemote(int host, int other)
    {
        var tunnel = Address.Parse($"192.0.2.{other}");
        _trial[$"h{host}"].Apply([
            .. Remote(ContainerMac(other), Address.Parse($"10.40.0.1{other}"), Address.Parse($"fd40::1{other}")),
            .. Remote(TunnelMac(other), NodeV4(other), NodeV6(other)),
        ]);

        IEnumerable<KernelChange> Remote(MacAddress mac, Address v4, Address v6) =>
        [
            new SetNeighbour("br", v4, mac),
            new SetNeighbour("br", v6, mac),
            new SetBridgeFdb("vx", mac),
            new SetVxlanFdb("vx", mac, tunnel),
        ];
    }

    private long SentPackets(string host) =>
        long.Parse(_trial.Run(host, "cat", "/sys/class/net/vx/statistics/tx_packets"), CultureInfo.InvariantCulture);

    private static MacAddress ContainerMac(int host) => new(0x02_40_00_00_01_10UL + (ulong)host);

    private static MacAddress TunnelMac(int host) => new(0x02_40_00_00_ff_00UL + (ulong)host);

    private static Address NodeV4(int host) => Address.Parse($"10.40.0.25{host}");

    private static Address NodeV6(int host) => Address.Parse($"fd40::f{host}");
}
