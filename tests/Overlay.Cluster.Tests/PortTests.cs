using System.Collections.Immutable;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Xunit;

namespace Overlay.Cluster.Tests;

/// <summary>Published ports of a sandbox that is there already, and where they lead when its networks change.</summary>
public sealed class PortTests
{
    [Fact]
    public async Task AddAndRemove_AreDurable_OnceEach_AndKnownToTheHostWhenAnswered()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 3);
        await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        var request = TestCluster.NewRequest();
        ImmutableArray<PortRequest> hundred = [.. Enumerable.Range(9000, 100).Select(p => Port(p, p))];

        var published = await cluster.Sandbox(web).PublishPorts(request, hundred.Add(Port(null, 80)), WaitMode.Local);
        Assert.Equal(Enumerable.Range(9000, 100).Append(32768), published.Select(p => p.HostPort));
        Assert.Equal(published, OnHost(cluster, web));
        // From another silo, as after a lost answer.
        var again = await cluster.Silos[2].Grains.GetGrain<ISandboxGrain>(web.Sandbox.Id.ToString()).PublishPorts(request, hundred.Add(Port(null, 80)), WaitMode.Local);
        Assert.Equal<PublishedPort>(published, again);
        Assert.Equal(101, (await Ports(cluster, web)).Length);

        var removal = TestCluster.NewRequest();
        var removed = await cluster.Sandbox(web).UnpublishPorts(removal, [Port(9000, 9000), Port(null, 80)], WaitMode.Local);
        Assert.Equal([9000, 32768], removed.Select(p => p.HostPort));
        Assert.Equal<PublishedPort>(removed, await cluster.Sandbox(web).UnpublishPorts(removal, [Port(9000, 9000), Port(null, 80)], WaitMode.Local));
        Assert.Equal(99, OnHost(cluster, web).Length);
        await cluster.Restart(() => Task.CompletedTask);
        Assert.Equal(99, (await Ports(cluster, web)).Length);
    }

    [Fact]
    public async Task Add_OneOfSeveralRefused_PublishesNone()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        await cluster.CreateNetwork("shop");
        var (web, db) = (await cluster.CreateSandbox("web", "h1", "shop"), await cluster.CreateSandbox("db", "h1", "shop"));
        var elsewhere = await cluster.CreateSandbox("far", "h2", "shop");
        await cluster.Sandbox(db).PublishPorts(TestCluster.NewRequest(), [Port(8080, 80)], WaitMode.Local);
        cluster.Silos[0].Agent.Listeners[("tcp", 22)] = "sshd";
        cluster.Silos[0].Agent.Listeners[("tcp", 32768)] = "client";

        var taken = await Refused(ErrorCodes.PortTaken, Add(web, Port(9090, 90), Port(8080, 80)));
        Assert.Equal("db", taken.Details["holder"]);
        var listening = await Refused(ErrorCodes.PortTaken, Add(web, Port(9090, 90), Port(22, 22)));
        Assert.Equal("sshd", listening.Details["holder"]);
        cluster.Silos[0].Agent.NextFailure = "port 9091/tcp of this host is taken";
        var request = TestCluster.NewRequest();
        await Refused(ErrorCodes.ApplyFailed, cluster.Sandbox(web).PublishPorts(request, [Port(9090, 90), Port(9091, 91)], WaitMode.Local));
        await Refused(ErrorCodes.InvalidArgument, Add(web, Port(9090, 90), Port(70000, 80)));
        await Refused(ErrorCodes.NotPublished, cluster.Sandbox(db).UnpublishPorts(TestCluster.NewRequest(), [Port(8080, 80), Port(443, 443)], WaitMode.Local));
        Assert.Empty(await Ports(cluster, web));
        Assert.Single(await Ports(cluster, db));

        // All of it is free again, and a request that was taken back may be made once more.
        Assert.Equal(2, (await cluster.Sandbox(web).PublishPorts(request, [Port(9090, 90), Port(9091, 91)], WaitMode.Local)).Length);
        Assert.Equal([32769], (await Add(web, Port(null, 80))).Select(p => p.HostPort));
        // Each host has its own ports.
        await Add(elsewhere, Port(8080, 80), Port(22, 22));

        // Before anything is made, for a new sandbox too.
        var created = await Refused(ErrorCodes.PortTaken, cluster.CreateSandbox(TestCluster.NewRequest(), TestCluster.SandboxOf("x", "h1", "shop") with { Ports = [Port(22, 22)] }));
        Assert.Equal("sshd", created.Details["holder"]);
        Assert.DoesNotContain(await cluster.Catalog.ListSandboxes(), s => s.Name == "x");

        async Task<ImmutableArray<PublishedPort>> Add(SandboxDetails sandbox, params PortRequest[] ports) =>
            await cluster.Sandbox(sandbox).PublishPorts(TestCluster.NewRequest(), [.. ports], WaitMode.Local);
    }

    [Fact]
    public async Task Add_WhereThereAreNoPortsToPublish_SaysWhy()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await CreateNetwork(cluster, "back", isInternal: true);
        await CreateNetwork(cluster, "lan", "macvlan");
        foreach (var (network, code, says) in new[]
        {
            ("back", ErrorCodes.Unsupported, "not internal"), ("lan", ErrorCodes.Unsupported, "physical network"),
            ("host", ErrorCodes.Unsupported, "the host's own"), ("none", ErrorCodes.Unsupported, "no network"),
        })
        {
            var sandbox = await cluster.CreateSandbox($"on-{network}", "h1", network);
            var refused = await Refused(code, cluster.Sandbox(sandbox).PublishPorts(TestCluster.NewRequest(), [Port(80, 80)], WaitMode.Local));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Stopped_GetsPorts_AndLosesThemWhileItsHostIsDead()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h2", "shop");
        await cluster.Sandbox(web).Stop(TestCluster.NewRequest(), WaitMode.Local);
        await cluster.Sandbox(web).PublishPorts(TestCluster.NewRequest(), [Port(8080, 80)], WaitMode.Local);
        await cluster.Silos[1].Kill();
        var removal = TestCluster.NewRequest();
        await Until.Succeeds(() => cluster.Sandbox(web).UnpublishPorts(removal, [Port(8080, 80)], WaitMode.Local), "the port is taken off");
        Assert.Empty(await Ports(cluster, web));
        var refused = await Refused(ErrorCodes.HostDown, cluster.Sandbox(web).PublishPorts(TestCluster.NewRequest(), [Port(8080, 80)], WaitMode.Local));
        Assert.Contains("h2", refused.Message, StringComparison.Ordinal);
        await cluster.Sandbox(web).PublishPorts(TestCluster.NewRequest(), [Port(8080, 80)], WaitMode.None);
    }

    [Fact]
    public async Task Networks_PublishedPortsKeepTheirGateway_UnlessForced()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await cluster.CreateNetwork("shop");
        await CreateNetwork(cluster, "lan", "macvlan");
        await CreateNetwork(cluster, "back", isInternal: true);
        var web = await cluster.CreateSandbox(TestCluster.NewRequest(), TestCluster.SandboxOf("web", "h1", "shop") with { Ports = [Port(8080, 80)] });

        var moved = await Refused(ErrorCodes.PortsInUse, Connect("lan"));
        Assert.Contains("--gw-priority -1", moved.Message, StringComparison.Ordinal);
        await Connect("lan", priority: -1);
        await Connect("back");
        await Refused(ErrorCodes.PortsInUse, Disconnect("shop"));
        await Disconnect("lan");
        var stays = await Refused(ErrorCodes.PortsInUse, Disconnect("shop"));
        Assert.Contains("internal networks only", stays.Message, StringComparison.Ordinal);
        Assert.Equal(["shop", "back"], (await cluster.Sandbox(web).Inspect()).Endpoints.Select(e => e.NetworkName));

        await Disconnect("shop", force: true);
        Assert.Single(await Ports(cluster, web));
        await Connect("lan", priority: 5);
        // It cannot become worse, and may become better; ports are refused until then.
        await Refused(ErrorCodes.Unsupported, cluster.Sandbox(web).PublishPorts(TestCluster.NewRequest(), [Port(81, 81)], WaitMode.Local));
        await Connect("shop", priority: 6);
        await cluster.Sandbox(web).PublishPorts(TestCluster.NewRequest(), [Port(81, 81)], WaitMode.Local);

        await cluster.Sandbox(web).UnpublishPorts(TestCluster.NewRequest(), [Port(null, 80), Port(null, 81)], WaitMode.Local);
        await Disconnect("shop");

        Task<ConnectReply> Connect(string network, int priority = 0) =>
            cluster.Sandbox(web).Connect(TestCluster.NewRequest(), network, new ConnectOptions { GatewayPriority = priority }, WaitMode.Local);
        Task Disconnect(string network, bool force = false) => cluster.Sandbox(web).Disconnect(TestCluster.NewRequest(), network, force, WaitMode.Local);
    }

    [Fact]
    public async Task Networks_PortAddedWhileTheGatewayMoves_OneOfTheTwoIsRefused()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await cluster.CreateNetwork("shop");
        await CreateNetwork(cluster, "lan", "macvlan");
        for (var round = 0; round < 10; round++)
        {
            var web = await cluster.CreateSandbox($"web{round}", "h1", "shop");
            var (connect, publish) = (
                cluster.Sandbox(web).Connect(TestCluster.NewRequest(), "lan", new ConnectOptions(), WaitMode.Local),
                cluster.Sandbox(web).PublishPorts(TestCluster.NewRequest(), [Port(8000 + round, 80)], WaitMode.Local));
            var errors = new[] { await Record.ExceptionAsync(() => connect), await Record.ExceptionAsync(() => publish) };
            Assert.Single(errors, e => e is OverlayException { Code: ErrorCodes.PortsInUse or ErrorCodes.Unsupported });
            Assert.Single(errors, e => e is null);
        }
    }

    private static PortRequest Port(int? host, int sandbox) => new() { Protocol = "tcp", HostPort = host, SandboxPort = sandbox };

    private static Task<NetworkRecord> CreateNetwork(TestCluster cluster, string name, string driver = "bridge", bool isInternal = false) => cluster.Catalog.CreateNetwork(
        TestCluster.NewRequest(),
        new CreateNetwork
        {
            Name = name,
            Driver = driver,
            Internal = isInternal,
            Options = driver == "macvlan" ? ImmutableDictionary<string, string>.Empty.Add("parent", "eth0") : ImmutableDictionary<string, string>.Empty,
        });

    private static async Task<ImmutableArray<PublishedPort>> Ports(TestCluster cluster, SandboxDetails sandbox) =>
        (await cluster.Sandbox(sandbox).Inspect()).Sandbox.Ports;

    private static PublishedPort[] OnHost(TestCluster cluster, SandboxDetails sandbox) =>
        [.. RecordCodec.Decode<SandboxRecord>(cluster.Silos[0].Agent.View("roster/h1")[Fields.Sandbox(sandbox.Sandbox.Id)]).Ports];

    private static async Task<OverlayException> Refused(string code, Task task)
    {
        var refusal = await Assert.ThrowsAsync<OverlayException>(() => task);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }
}
