using System.Collections.Immutable;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Cluster.Tests;

public sealed class RefusalTests
{
    [Fact]
    public async Task Create_WhatCannotBe_IsRefusedWithItsCode_AndLeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var shop = await cluster.Catalog.CreateNetwork(TestCluster.NewRequest(), new CreateNetwork
        {
            Name = "shop",
            Driver = "overlay",
            Subnets = [new SubnetRequest { Prefix = Prefix.Parse("10.50.0.0/24") }],
        });
        await cluster.CreateNetwork("inner", "bridge");
        await cluster.Catalog.CreateNetwork(TestCluster.NewRequest(), new CreateNetwork { Name = "cellar", Internal = true });
        var web = await cluster.CreateSandbox(TestCluster.NewRequest(), TestCluster.SandboxOf("web", "h1", "shop") with { Ports = [Port(8080)] });
        var taken = web.Endpoints[0].Endpoint.Addresses[0];
        var before = await Remains(cluster, shop);

        await Refused(ErrorCodes.NameTaken, cluster.CreateSandbox("web", "h1", "shop"));
        await Refused(ErrorCodes.UnknownHost, cluster.CreateSandbox("x", "h9", "shop"));
        var notFound = await Refused(ErrorCodes.NotFound, cluster.CreateSandbox("x", "h1", "shpo"));
        Assert.Equal("shop", notFound.Details["nearest"]);
        await Refused(ErrorCodes.InvalidName, cluster.CreateSandbox("-x", "h1", "shop"));
        var plain = TestCluster.SandboxOf("x", "h1", "shop");
        foreach (var injected in new[]
        {
            plain with { DnsSearch = ["a\nnameserver 192.0.2.66"] }, plain with { DnsOptions = ["ndots:1 rotate"] },
            plain with { ExtraHosts = [new ExtraHost { Name = "a\n192.0.2.66 bank", Address = Address.Parse("192.0.2.1") }] },
        })
            await Refused(ErrorCodes.InvalidArgument, cluster.CreateSandbox(TestCluster.NewRequest(), injected));
        var held = await Refused(ErrorCodes.AddressTaken, cluster.CreateSandbox(TestCluster.NewRequest(), WithIp("x", taken)));
        Assert.Contains("web", held.Details["holder"], StringComparison.Ordinal);
        await Refused(ErrorCodes.AddressOutside, cluster.CreateSandbox(TestCluster.NewRequest(), WithIp("x", Address.Parse("10.51.0.9"))));
        var port = await Refused(ErrorCodes.PortTaken, cluster.CreateSandbox(
            TestCluster.NewRequest(), TestCluster.SandboxOf("x", "h1", "inner", "shop") with { Ports = [Port(9090), Port(8080)] }));
        Assert.Equal("web", port.Details["holder"]);
        await Refused(ErrorCodes.Unsupported, cluster.CreateSandbox(
            TestCluster.NewRequest(), TestCluster.SandboxOf("x", "h1", "cellar") with { Ports = [Port(9091)] }));
        cluster.Silos[0].Agent.NextFailure = "no space left on device";
        await Refused(ErrorCodes.ApplyFailed, cluster.CreateSandbox("x", "h1", "inner", "shop"));
        await Refused(ErrorCodes.AlreadyConnected, cluster.Sandbox(web).Connect(TestCluster.NewRequest(), "shop", new ConnectOptions(), WaitMode.Local));
        await Refused(ErrorCodes.Unsupported, cluster.Sandbox(web).Connect(TestCluster.NewRequest(), "host", new ConnectOptions(), WaitMode.Local));

        Assert.Equal(before, await Remains(cluster, shop));
        // 9090 was taken for a sandbox that was refused for its other port.
        await cluster.CreateSandbox(TestCluster.NewRequest(), TestCluster.SandboxOf("x", "h1", "inner") with { Ports = [Port(9090)] });
    }

    [Fact]
    public async Task Connect_RefusedAsTheFirstOfItsHost_LeavesTheHostNothingOnTheNetwork()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        var before = await Remains(cluster, shop);
        await Refused(ErrorCodes.AddressTaken, cluster.CreateSandbox(
            TestCluster.NewRequest(), WithIp("x", web.Endpoints[0].Endpoint.Addresses[0]) with { Host = "h2" }));
        Assert.Equal(before, await Remains(cluster, shop));
        Assert.DoesNotContain(shop.Id, await cluster.Grains.GetGrain<IRosterGrain>("h2").FollowedNetworks());
    }

    [Fact]
    public async Task CreateNetwork_WhatCannotBe_IsRefusedWithItsCode()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await Create("shop", "10.50.0.0/16");
        await Refused(ErrorCodes.NameTaken, Create("shop", "10.60.0.0/24"));
        var overlap = await Refused(ErrorCodes.SubnetOverlap, Create("other", "10.50.3.0/24"));
        Assert.Equal("shop", overlap.Details["network"]);
        await Refused(ErrorCodes.UnknownDriver, cluster.CreateNetwork("x", "overly"));
        await Refused(ErrorCodes.InvalidArgument, cluster.CreateNetwork("x", "macvlan"));
        await Refused(ErrorCodes.NameTaken, cluster.CreateNetwork("bridge"));
        // It would hide the object that has this id.
        await Refused(ErrorCodes.InvalidName, cluster.CreateNetwork("0123456789abcdef0123456789abcdef"));
        await Refused(ErrorCodes.InvalidName, cluster.CreateSandbox("0123456789abcdef0123456789abcdef", "h1"));
        await Refused(ErrorCodes.NotFound, cluster.Catalog.RemoveNetwork(TestCluster.NewRequest(), "sho", force: false));
        // Clear of the host's tunnel address, of other networks, and of each other.
        var automatic = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => cluster.CreateNetwork($"auto{i}")));
        Assert.Equal(20, automatic.Select(n => n.Subnets[0].Prefix).Distinct().Count());
        Assert.Equal(20, automatic.Select(n => n.Vni).Distinct().Count());

        Task<NetworkRecord> Create(string name, string subnet) => cluster.Catalog.CreateNetwork(TestCluster.NewRequest(), new CreateNetwork
        {
            Name = name,
            Subnets = [new SubnetRequest { Prefix = Prefix.Parse(subnet) }],
        });
    }

    [Fact]
    public async Task RemoveNetwork_InUse_NamesTheEndpoints_AndForceCutsThemOff()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        var refused = await Refused(ErrorCodes.NetworkInUse, cluster.Catalog.RemoveNetwork(TestCluster.NewRequest(), "shop", force: false));
        Assert.Equal("web", refused.Details["endpoints"]);
        // The refusal took back what it had begun.
        await cluster.CreateSandbox("db", "h1", "shop");

        Assert.Equal(["db", "web"], (await cluster.Catalog.RemoveNetwork(TestCluster.NewRequest(), "shop", force: true)).ToArray());
        Assert.Empty((await cluster.Sandbox(web).Inspect()).Endpoints);
        Assert.DoesNotContain(shop.Id, await cluster.Grains.GetGrain<IRosterGrain>("h1").FollowedNetworks());
        Assert.Equal(0UL, (await cluster.Silos[0].Agent.Follow(Partitions.Network(shop.Id))).Revision);
        // Its subnet and name are free again.
        Assert.Equal(shop.Subnets[0].Prefix, (await cluster.CreateNetwork("shop")).Subnets[0].Prefix);
    }

    private static PortRequest Port(int host) => new() { Protocol = "tcp", HostPort = host, SandboxPort = 80 };

    private static CreateSandbox WithIp(string name, Address address) => new()
    {
        Name = name,
        Host = "h1",
        Networks = [new NetworkAttachment { Network = "shop", Options = new ConnectOptions { Ip = address } }],
    };

    private static async Task<OverlayException> Refused(string code, Task task)
    {
        var refused = await Assert.ThrowsAsync<OverlayException>(() => task);
        Assert.Equal(code, refused.Code);
        return refused;
    }

    private static async Task<string> Remains(TestCluster cluster, NetworkRecord network)
    {
        var details = await cluster.Network(network).Inspect();
        var roster = await cluster.Grains.GetGrain<IRosterGrain>("h1").ListSandboxes();
        ImmutableArray<SandboxEntry> names = await cluster.Catalog.ListSandboxes();
        return $"endpoints {details.Endpoints.Length} nodes {details.Nodes.Length} in use {details.Usage[0].InUse} roster {roster.Length} names {names.Length}";
    }
}
