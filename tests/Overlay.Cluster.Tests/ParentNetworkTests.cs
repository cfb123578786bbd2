using System.Collections.Immutable;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Cluster.Tests;

/// <summary>Networks on a link of the hosts: macvlan and ipvlan.</summary>
public sealed class ParentNetworkTests
{
    [Fact]
    public async Task Macvlan_OnePoolOverAllHosts_NoNodeAddresses_NoPorts()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var lan = await Create(cluster, "lan", "macvlan", "192.168.7.0/24", ("parent", "eth0.20"));
        Assert.Equal(["eth0.20", "bridge", "eth0.20"], new[] { "parent", "macvlan_mode", "segment" }.Select(key => lan.Options[key]));

        var (a, b) = (await cluster.CreateSandbox("a", "h1", "lan"), await cluster.CreateSandbox("b", "h2", "lan"));
        string[] addresses = [.. new[] { a, b }.Select(s => s.Endpoints[0].Endpoint.Addresses[0].ToString())];
        Assert.Equal(["192.168.7.2", "192.168.7.3"], addresses);
        Assert.NotEqual(a.Endpoints[0].Endpoint.Mac, b.Endpoints[0].Endpoint.Mac);

        await Refused(ErrorCodes.SubnetOverlap, Create(cluster, "lan2", "ipvlan", "192.168.7.0/24", ("parent", "eth0.20")));
        var ports = await Refused(ErrorCodes.Unsupported, cluster.CreateSandbox(TestCluster.NewRequest(), TestCluster.SandboxOf("x", "h1", "lan") with
        {
            Ports = [new PortRequest { Protocol = "tcp", HostPort = 8080, SandboxPort = 80 }],
        }));
        Assert.Contains("driver macvlan", ports.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipvlan_SandboxesHaveTheParentsMac()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await Create(cluster, "lan", "ipvlan", "192.168.7.0/24", ("parent", "eth0"), ("ipvlan_mode", "l3"));
        var (a, b) = (await cluster.CreateSandbox("a", "h1", "lan"), await cluster.CreateSandbox("b", "h1", "lan"));
        Assert.Equal([default, default], new[] { a, b }.Select(s => s.Endpoints[0].Endpoint.Mac));
        await cluster.Sandbox(a).Disconnect(TestCluster.NewRequest(), "lan", force: false, WaitMode.Local);
        await Refused(ErrorCodes.Unsupported, cluster.Sandbox(a).Connect(
            TestCluster.NewRequest(), "lan", new ConnectOptions { Mac = MacAddress.Parse("02:42:0a:01:00:02") }, WaitMode.Local));
        await cluster.Sandbox(a).Connect(TestCluster.NewRequest(), "lan", new ConnectOptions(), WaitMode.Local);
    }

    [Fact]
    public async Task Passthru_OneSandboxPerHost_TheSecondIsToldTheHolder()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        await Create(cluster, "wire", "macvlan", "192.168.7.0/24", ("parent", "eth1"), ("macvlan_mode", "passthru"));
        await cluster.CreateSandbox("a", "h1", "wire");
        var refused = await Refused(ErrorCodes.HostFull, cluster.CreateSandbox("b", "h1", "wire"));
        Assert.Equal("a", refused.Details["holder"]);
        await cluster.CreateSandbox("b", "h2", "wire");
    }

    private static Task<NetworkRecord> Create(TestCluster cluster, string name, string driver, string subnet, params (string Key, string Value)[] options) =>
        cluster.Catalog.CreateNetwork(TestCluster.NewRequest(), new CreateNetwork
        {
            Name = name,
            Driver = driver,
            Subnets = [new SubnetRequest { Prefix = Prefix.Parse(subnet) }],
            Options = options.ToImmutableDictionary(o => o.Key, o => o.Value),
        });

    private static async Task<OverlayException> Refused(string code, Task task)
    {
        var refused = await Assert.ThrowsAsync<OverlayException>(() => task);
        Assert.Equal(code, refused.Code);
        return refused;
    }
}
