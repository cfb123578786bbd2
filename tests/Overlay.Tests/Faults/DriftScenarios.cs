using Overlay.Core.Addressing;
using Overlay.Linux;
using static Overlay.Tests.Faults.Steps;

namespace Overlay.Tests.Faults;

/// <summary>Somebody else changes what the agent has made.</summary>
internal static class DriftScenarios
{
    private static readonly MacAddress Stray = new(0x02_99_99_99_99_99);

    private static Step SetUp { get; } = All("set-up", Host("h2", "192.0.2.2"), Network("shop", "overlay", "10.40.0.0/24 fd40::/64"), Sandbox("web", with: s => s with { Ports = [Port(5)] }),
        Connect("web", "shop", 11), Sandbox("db", "h2"), Connect("db", "shop", 12));

    private static Step TearDown { get; } = All("tear-down", Remove("web"), Leave("shop"));

    public static IReadOnlyList<Scenario> Each { get; } =
    [
        new("links lost",
            SetUp,
            Drift("bridge deleted", w => [new DeleteLink(Bridge(w, "shop"))]),
            Drift("tunnel deleted", w => [new DeleteLink(Tunnel(w, "shop"))]),
            Drift("pair deleted", w => [new DeleteLink(Veth(w, "web", "shop"))]),
            TearDown),
        new("links changed",
            SetUp,
            Drift("down", w => [new SetLink(Bridge(w, "shop")) { Up = false }, new SetLink(Veth(w, "web", "shop")) { Up = false }]),
            Drift("odd", w => [new SetLink(Tunnel(w, "shop")) { Mtu = 1200, Master = "", Alias = "" }, new SetLink(Veth(w, "web", "shop")) { Master = "" }]),
            Drift("flooding", w => [new SetBridgePort(Tunnel(w, "shop")) { Flood = true, Learning = true, NeighbourSuppression = false }]),
            Drift("sandbox's end", w => [new SetLink("eth0") { Up = false, Mtu = 1000 }], "web"),
            TearDown),
        new("contents changed",
            SetUp,
            Drift("entries lost", w =>
            [
                new RemoveAddress(Bridge(w, "shop"), Address.Parse("10.40.0.1"), 24), new RemoveRoute(Prefix.Parse("10.40.0.0/24")) { Link = Bridge(w, "shop") },
                new RemoveNeighbour(Bridge(w, "shop"), Address.Parse("10.40.0.12")), new RemoveBridgeFdb(Tunnel(w, "shop"), w.Objects.Endpoints["db shop"].Mac),
                new RemoveVxlanFdb(Tunnel(w, "shop"), w.Objects.Endpoints["db shop"].Mac),
            ]),
            Drift("entries too many", w =>
            [
                new AddAddress(Bridge(w, "shop"), Address.Parse("10.99.0.1"), 24), new SetRoute(Prefix.Parse("10.98.0.0/24")) { Link = Bridge(w, "shop") },
                new SetNeighbour(Bridge(w, "shop"), Address.Parse("10.40.0.99"), Stray), new SetBridgeFdb(Tunnel(w, "shop"), Stray),
                new SetVxlanFdb(Tunnel(w, "shop"), Stray, Address.Parse("192.0.2.99")),
            ]),
            Drift("sandbox's addresses", w => [new RemoveAddress("eth0", Address.Parse("10.40.0.11"), 24), new RemoveAddress("eth0", Address.Parse("fd40::b"), 64)], "web"),
            TearDown),
        new("tables and names lost",
            SetUp,
            DriftOf("host's tables flushed", w => w.Kernel.Host.Nftables.Run("delete table inet overlay\ndelete table bridge overlay\n")),
            DriftOf("sandbox's table deleted", w =>
            {
                using var web = w.Kernel.Open("web");
                web.Nftables.Run("delete table inet overlay\n");
            }),
            DriftOf("name taken away", w => w.Kernel.Delete("web")),
            TearDown),
    ];
}
