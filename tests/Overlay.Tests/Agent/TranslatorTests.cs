using System.Collections.Immutable;
using Overlay.Agent.Desired;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class TranslatorTests
{
    private static readonly ObjectId Shop = ObjectId.Parse("11111111111111111111111111111111");
    private static readonly ObjectId Front = ObjectId.Parse("22222222222222222222222222222222");
    private static readonly ObjectId Web = ObjectId.Parse("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

    [Fact]
    public void OverlayNetwork_WithOneEndpointHereAndOneElsewhere_IsThis()
    {
        var desired = Translate(View(Network(Shop, "shop", "overlay", "10.40.0.0/24", "fd40::/64")));

        Assert.Equal(
            """
            obr11111111111 Bridge mtu 1450 mac 02:00:00:00:00:01 of -
              address 10.40.0.1/24 without route
              address fd40::1/64 without route
              address 10.40.0.241/32
              address fd40::f1/128
              route 10.40.0.0/24 from 10.40.0.241
              route fd40::/64 from fd40::f1
              neighbour 10.40.0.12 02:00:00:00:00:12
              neighbour fd40::c 02:00:00:00:00:12
              neighbour 10.40.0.242 02:00:00:00:ff:02
              neighbour fd40::f2 02:00:00:00:ff:02
              setting net/ipv4/conf/obr11111111111/route_localnet 1
              setting net/ipv6/conf/obr11111111111/accept_ra 0
              setting net/ipv6/conf/obr11111111111/accept_dad 0
            ovx11111111111 Vxlan mtu 1450 mac 02:00:00:00:ff:01 of obr11111111111
              vni 1048577 local 192.0.2.1 port 4789
              flags learning False flood False mcast False bcast False suppress True isolated False
              forward 02:00:00:00:00:12 to 192.0.2.2
              forward 02:00:00:00:ff:02 to 192.0.2.2
              setting net/ipv6/conf/ovx11111111111/disable_ipv6 1
            oveeeeeeeeeee1 Veth mtu 1450 mac - of obr11111111111
              flags learning True flood True mcast True bcast True suppress False isolated False
              setting net/ipv6/conf/oveeeeeeeeeee1/disable_ipv6 1

            """,
            Print(desired));
    }

    [Fact]
    public void BridgeNetwork_InternalWithoutIcc_IsThis()
    {
        var network = Network(Front, "front", "bridge", "10.41.0.0/24") with
        {
            Internal = true,
            Options = ImmutableDictionary<string, string>.Empty.Add("bridge.enable_icc", "false").Add("bridge.name", "front0").Add("mtu", "1400"),
        };

        var desired = Translate(View(network));

        Assert.Equal(
            """
            front0 Bridge mtu 1400 mac 02:00:00:00:00:01 of -
              address 10.41.0.1/24
              setting net/ipv4/conf/front0/route_localnet 1
              setting net/ipv6/conf/front0/disable_ipv6 1
            oveeeeeeeeeee1 Veth mtu 1400 mac - of front0
              flags learning True flood True mcast True bcast True suppress False isolated True
              setting net/ipv6/conf/oveeeeeeeeeee1/disable_ipv6 1

            """,
            Print(desired));
        Assert.Equal(["\"front0\""], desired.Filter[HostRuleset.InternalLinks].Keys);
        Assert.Equal(["\"front0\""], desired.Filter[HostRuleset.ClosedLinks].Keys);
        Assert.Empty(desired.Filter[HostRuleset.NatLinks]);
        Assert.Empty(desired.Sandboxes[Web].Attachments.Single().Gateways);
    }

    [Fact]
    public void Ports_LeadToTheNetworkOfTheDefaultGateway()
    {
        var view = View(Network(Shop, "shop", "overlay", "10.40.0.0/24", "fd40::/64"), Network(Front, "front", "bridge", "10.41.0.0/24"));
        PublishedPort[] ports =
        [
            new() { Protocol = "tcp", HostPort = 8080, SandboxPort = 80 },
            new() { Protocol = "udp", HostAddress = Address.Parse("192.0.2.1"), HostPort = 53, SandboxPort = 53 },
        ];
        view = view with { Sandboxes = view.Sandboxes.SetItem(Web, view.Sandboxes[Web] with { Ports = [.. ports] }) };

        // Equal priorities: the first name leads.
        var filter = Translate(view).Filter;
        Assert.Equal("10.41.0.11 . 80", filter[HostRuleset.PortsAny4]["6 . 8080"]);
        Assert.Equal("10.41.0.11 . 53", filter[HostRuleset.PortsAt4]["17 . 192.0.2.1 . 53"]);
        Assert.Empty(filter[HostRuleset.PortsAny6]);

        var shop = view.Networks[Shop];
        var preferred = shop with { Endpoints = shop.Endpoints.ToImmutableDictionary(e => e.Key, e => e.Value with { GatewayPriority = 1 }) };
        filter = Translate(view with { Networks = view.Networks.SetItem(Shop, preferred) }).Filter;
        Assert.Equal("10.40.0.11 . 80", filter[HostRuleset.PortsAny4]["6 . 8080"]);
        Assert.Equal("fd40::b . 80", filter[HostRuleset.PortsAny6]["6 . 8080"]);
    }

    [Fact]
    public void ChangedNetwork_LeavesTheOthersAsTheyAre()
    {
        var view = View(Network(Shop, "shop", "overlay", "10.40.0.0/24"), Network(Front, "front", "bridge", "10.41.0.0/24"));
        var translator = new Translator(Self);
        var before = translator.Translate(view, []);
        var shop = view.Networks[Shop];

        var after = translator.Translate(view with { Networks = view.Networks.SetItem(Shop, shop with { Endpoints = shop.Endpoints.Remove(shop.Endpoints.Values.First(e => e.Host == "h2").Id) }) }, []);

        DesiredLink LinkOf(DesiredHost host, string name) => host.Links.Single(l => l.Name == name);
        Assert.Same(LinkOf(before, "obr22222222222"), LinkOf(after, "obr22222222222"));
        Assert.NotSame(LinkOf(before, "obr11111111111"), LinkOf(after, "obr11111111111"));
    }

    private static HostContext Self => new()
    {
        Name = "h1", Mark = new("test", "h1"), TunnelAddress = Address.Parse("192.0.2.1"), VxlanPort = 4789,
    };

    private static DesiredHost Translate(HostView view) => new Translator(Self).Translate(view, []);

    private static NetworkRecord Network(ObjectId id, string name, string driver, params string[] subnets) => new()
    {
        Id = id,
        Name = name,
        Driver = driver,
        Vni = driver == "overlay" ? 0x100001 : 0,
        GatewayMac = MacAddress.Parse("02:00:00:00:00:01"),
        Subnets = [.. subnets.Select(Prefix.Parse).Select(p => new SubnetRecord { Id = id, Prefix = p, Gateway = p.Base.Next(1) })],
    };

    private static HostView View(params NetworkRecord[] networks) => HostView.Empty with
    {
        Hosts = new[] { "1", "2" }.ToImmutableDictionary(n => "h" + n, n => new HostRecord
        {
            Name = "h" + n, MachineId = n, TunnelAddress = Address.Parse("192.0.2." + n), UnderlayMtu = 1500, Epoch = n,
        }),
        Sandboxes = ImmutableDictionary<ObjectId, SandboxRecord>.Empty.Add(Web, new() { Id = Web, Name = "web", Host = "h1", Hostname = "web" }),
        Networks = networks.ToImmutableDictionary(n => n.Id, n => new NetworkView
        {
            Spec = n,
            Endpoints = new[] { Endpoint(n, "h1", 1), Endpoint(n, "h2", 2) }.ToImmutableDictionary(e => e.Id),
            Nodes = n.Driver != "overlay" ? ImmutableDictionary<string, NodeRecord>.Empty : new[] { 1, 2 }.ToImmutableDictionary(i => $"h{i}", i => new NodeRecord
            {
                Host = $"h{i}",
                Addresses = [.. n.Subnets.Select(s => s.Prefix.Base.Next((UInt128)(240 + i)))],
                TunnelMac = MacAddress.Parse($"02:00:00:00:ff:0{i}"),
            }),
        }),
    };

    private static EndpointRecord Endpoint(NetworkRecord network, string host, int number) => new()
    {
        Id = ObjectId.Parse("eeeeeeeeee" + number + network.Id.ToString()[..21]),
        Sandbox = number == 1 ? Web : default,
        SandboxName = "web",
        Host = host,
        Addresses = [.. network.Subnets.Select(s => s.Prefix.Base.Next((UInt128)(10 + number)))],
        Mac = MacAddress.Parse($"02:00:00:00:00:1{number}"),
    };

    private static string Print(DesiredHost desired) => string.Concat(desired.Links.Select(l => string.Join('\n', Lines(l)) + "\n"));

    private static IEnumerable<string> Lines(DesiredLink l)
    {
        yield return $"{l.Name} {l.Kind} mtu {l.Mtu} mac {l.Mac?.ToString() ?? "-"} of {l.Master ?? "-"}";
        if (l.Vxlan is { } v)
            yield return $"  vni {v.Vni} local {v.Local} port {v.Port}";
        if (l.Port is { } p)
            yield return $"  flags learning {p.Learning} flood {p.Flood} mcast {p.MulticastFlood} bcast {p.BroadcastFlood} suppress {p.NeighbourSuppression} isolated {p.Isolated}";
        foreach (var a in l.Addresses)
            yield return $"  address {a.Address}/{a.PrefixLength}{(a.NoPrefixRoute ? " without route" : "")}";
        foreach (var r in l.Routes)
            yield return $"  route {r.Destination} from {r.Source}";
        foreach (var n in l.Neighbours)
            yield return $"  neighbour {n.Address} {n.Mac}";
        foreach (var f in l.Forwards)
            yield return $"  forward {f.Mac} to {f.Tunnel}";
        foreach (var (name, value) in l.Sysctls)
            yield return $"  setting {name} {value}";
    }
}
