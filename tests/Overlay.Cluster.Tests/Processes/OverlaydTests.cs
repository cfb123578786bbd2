using System.Net;
using Overlay.Contracts.Client;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Contracts.Security;
using Overlay.Core;
using Overlay.Testing.Redis;
using Xunit;

namespace Overlay.Cluster.Tests.Processes;

public sealed class OverlaydTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly string _directory = Directory.CreateTempSubdirectory("overlayd-test-").FullName;
    private readonly List<Overlayd> _hosts = [];
    private CertificateAuthority _authority = null!;
    private RedisServer _redis = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _authority = CertificateAuthority.Create("processes", TimeSpan.FromHours(1), TimeProvider.System);
        _authority.IssueClient(Certificates("client"), "test", CertificateRole.Operator);
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        await _redis.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task ThreeHosts_OneKilled_IsBackOnItsOwnPortsInTheSameCluster()
    {
        var hosts = new[] { Host("h1"), Host("h2"), Host("h3") };
        foreach (var host in hosts)
            host.Start();
        foreach (var host in hosts)
            await host.UntilReady();
        var cluster = await ClusterThrough(hosts[0]);

        await hosts[1].Kill();
        hosts[1].Start();
        await hosts[1].UntilReady();

        foreach (var host in hosts)
            Assert.Equal(cluster, await Until.Succeeds(() => ClusterThrough(host), $"an answer through {host.Gateway}"));
    }

    [Fact]
    public async Task RedisAway_StaysHealthy_AndIsReadyWhenItIsBack()
    {
        await _redis.Stop();
        var host = Host("h1");
        host.Start();
        await host.UntilReady(false);
        Assert.Equal(HttpStatusCode.OK, await host.StatusOf("/health"));
        await Until.True(() => host.Log.Contains("not in the cluster: Redis at", StringComparison.Ordinal), "a line about Redis");
        Assert.DoesNotContain("   at ", host.Log, StringComparison.Ordinal);

        await _redis.Start();
        await host.UntilReady();

        await _redis.Stop();
        await host.UntilReady(false);
        await _redis.Start();
        await host.UntilReady();
        Assert.True(host.IsRunning);
    }

    [Fact]
    public async Task LocalSocket_IsOnlyForItsOwner()
    {
        var host = Host("h1");
        host.Start();
        await host.UntilReady();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(host.LocalSocket));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusOf("/"));
    }

    [Fact]
    public async Task Client_CertificateOfAnotherAuthority_IsRefusedInOneLine()
    {
        var host = Host("h1");
        host.Start();
        await host.UntilReady();
        using var rogue = CertificateAuthority.Create("processes", TimeSpan.FromHours(1), TimeProvider.System);
        rogue.IssueClient(Certificates("rogue"), "mallory", CertificateRole.Operator);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => OverlayClient.ConnectAsync(Context("rogue", host.Gateway), Deadline));

        Assert.Equal(ErrorCodes.Unreachable, refusal.Code);
        Assert.Contains("its certificate is not of this cluster", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public async Task Client_RoleThatTheGatewayDoesNotServe_IsRefusedByTheGateway()
    {
        var host = Host("h1");
        host.Start();
        await host.UntilReady();
        _authority.IssueClient(Certificates("reader"), "reader", CertificateRole.Reader);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => OverlayClient.ConnectAsync(Context("reader", host.Gateway), Deadline));

        Assert.Equal(ErrorCodes.Unreachable, refusal.Code);
        Assert.Contains("does not accept this certificate", refusal.Message, StringComparison.Ordinal);
        // The client knows first: the gateway's line comes through a pipe.
        await Until.True(() => host.Log.Contains("refused a connection from 127.0.0.1", StringComparison.Ordinal), "a line about the refusal");
    }

    [Fact]
    public async Task Client_OneGatewayDead_UsesTheOther()
    {
        var host = Host("h1");
        host.Start();
        await host.UntilReady();

        await using var client = await OverlayClient.ConnectAsync(Context("client", $"127.0.0.1:{RedisServer.FreePort()}", host.Gateway), Deadline);

        Assert.Equal("processes", (await Catalog(client).GetCluster()).Name);
    }

    [Fact]
    public async Task Client_NoGateway_NamesWhatWasTried()
    {
        var gateway = $"127.0.0.1:{RedisServer.FreePort()}";

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => OverlayClient.ConnectAsync(Context("client", gateway), Deadline));

        Assert.Equal(ErrorCodes.Unreachable, refusal.Code);
        Assert.Contains($"{gateway}: connection refused", refusal.Message, StringComparison.Ordinal);
    }

    private Overlayd Host(string name)
    {
        _authority.IssueHost(Certificates(name), name);
        var host = new Overlayd(name, _directory, Certificates(name), "--redis", _redis.EndPoint);
        _hosts.Add(host);
        return host;
    }

    private async Task<ClusterRecord> ClusterThrough(Overlayd host)
    {
        await using var client = await OverlayClient.ConnectAsync(Context("client", host.Gateway), Deadline);
        return await Catalog(client).GetCluster();
    }

    private static INetworkCatalogGrain Catalog(OverlayClient client) => client.Grains.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    private OverlayContext Context(string certificates, params string[] gateways) =>
        new("test", "processes", gateways, Certificates(certificates), new Dictionary<string, ContextHost>());

    private string Certificates(string name) => Path.Combine(_directory, "certificates", name);
}
