using System.Collections.Immutable;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Xunit;

namespace Overlay.Cluster.Tests;

/// <summary>--driver-opt of one endpoint, from the request to what its host reads.</summary>
public sealed class EndpointOptionTests
{
    private const string Martians = "net.ipv4.conf.IFNAME.log_martians", DisableIpv6 = "net.ipv6.conf.IFNAME.disable_ipv6";

    [Fact]
    public async Task SettingsAndName_ReachTheHost_OfANewSandboxAndOfAConnect()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var (shop, back) = (await cluster.CreateNetwork("shop"), await cluster.CreateNetwork("back"));
        var request = TestCluster.SandboxOf("web", "h2") with
        {
            Networks = [new NetworkAttachment { Network = "shop", Options = Options(("ifname", "lan"), ("com.docker.network.endpoint.sysctls", $"{Martians}=1")) }],
        };
        var web = await cluster.CreateSandbox(TestCluster.NewRequest(), request);
        await cluster.Sandbox(web).Connect(TestCluster.NewRequest(), "back", Options(("com.docker.network.endpoint.ifname", "up0")), WaitMode.Local);

        var (first, second) = (OnHost(shop), OnHost(back));
        Assert.Equal(("lan", "1"), (first.InterfaceName, first.Sysctls![Martians]));
        Assert.Equal(("up0", null), (second.InterfaceName, second.Sysctls));

        EndpointRecord OnHost(NetworkRecord network) => RecordCodec.Decode<EndpointRecord>(
            Assert.Single(cluster.Silos[1].Agent.View(Partitions.Network(network.Id)), f => f.Key.StartsWith(Fields.EndpointPrefix, StringComparison.Ordinal)).Value);
    }

    [Fact]
    public async Task WhatCannotBe_IsRefused_AndNothingIsLeft()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await cluster.CreateNetwork("shop");
        var dual = await cluster.Catalog.CreateNetwork(TestCluster.NewRequest(), new CreateNetwork { Name = "dual", Ipv6 = true });
        var web = await cluster.CreateSandbox("web", "h1", "shop");

        await Refused(ErrorCodes.InvalidArgument, Connect("dual", ("sysctls", "net.ipv4.ip_forward=1")));
        await Refused(ErrorCodes.UnknownOption, Connect("dual", ("sysctl", $"{Martians}=1")));
        var off = await Refused(ErrorCodes.Unsupported, Connect("dual", ("sysctls", $"{DisableIpv6}=1")));
        Assert.Contains("'dual'", off.Message, StringComparison.Ordinal);
        await Refused(ErrorCodes.InvalidArgument, cluster.CreateSandbox(TestCluster.NewRequest(), TestCluster.SandboxOf("x", "h1") with
        {
            Networks = [.. new[] { "shop", "dual" }.Select(n => new NetworkAttachment { Network = n, Options = Options(("ifname", "lan")) })],
        }));
        Assert.Empty((await cluster.Network(dual).Inspect()).Endpoints);
        Assert.Single((await cluster.Catalog.ListSandboxes()));
        await Connect("dual", ("sysctls", $"{DisableIpv6}=0"));

        Task<ConnectReply> Connect(string network, params (string, string)[] options) =>
            cluster.Sandbox(web).Connect(TestCluster.NewRequest(), network, Options(options), WaitMode.Local);
    }

    private static ConnectOptions Options(params (string Key, string Value)[] options) =>
        new() { DriverOptions = options.ToImmutableDictionary(o => o.Key, o => o.Value) };

    private static async Task<OverlayException> Refused(string code, Task task)
    {
        var refusal = await Assert.ThrowsAsync<OverlayException>(() => task);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }
}
