using Overlay.Core.Addressing;
using Overlay.Linux;
using static Overlay.Tests.Faults.Steps;

namespace Overlay.Tests.Faults;

/// <summary>A new agent takes over what an older one left.</summary>
internal static class RestartScenarios
{
    private static Step SetUp { get; } = All("set-up", Host("h2", "192.0.2.2"), Network("shop", "overlay", "10.40.0.0/24 fd40::/64"), Network("front", "bridge", "10.41.0.0/24"),
        Sandbox("web", with: s => s with { Ports = [Port(6)] }), Sandbox("api"), Connect("web", "front", 11, "front0"), Connect("web", "shop", 11, "shop0"), Connect("api", "shop", 13),
        Sandbox("db", "h2"), Connect("db", "shop", 12));

    public static IReadOnlyList<Scenario> Each { get; } =
    [
        new("adoption",
            SetUp,
            Restart,
            All("tear-down", Remove("web", "api"), Leave("shop", "front"))),
        new("adoption of what changed meanwhile",
            SetUp,
            All("less and more", Remove("api"), Disconnect("web", "front"), Sandbox("new"), Connect("new", "shop", 14), Update("web", s => s with { Ports = [Port(7)] }), Restart),
            All("drift meanwhile", Drift("tunnel and address", w => [new DeleteLink(Tunnel(w, "shop")), new RemoveAddress(Bridge(w, "shop"), Address.Parse("10.40.0.1"), 24)]), Restart),
            All("name taken away meanwhile", DriftOf("name", w => w.Kernel.Delete("new")), Restart),
            All("tear-down meanwhile", Remove("web", "new"), Leave("shop", "front"), Restart)),
    ];
}
