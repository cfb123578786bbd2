using System.Collections.Immutable;
using Overlay.Agent.Liveness;
using Overlay.Agent.Names;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Dns;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class NameFeedTests : IDisposable
{
    private readonly FakeCluster _cluster = new();
    private readonly ViewStore _views = new("h1");
    private readonly Switchboard _liveness = new();
    private readonly DnsServer _server = new();
    private readonly NameFeed _feed;

    public NameFeedTests()
    {
        _feed = new(TestAgent.Options("h1", "192.0.2.1", "/nowhere"), _views, _liveness, _server);
        // Laid as each is made, in an order in which the roster comes first.
        _cluster.Control.Changed += (partition, _) => Lay(partition);
    }

    public void Dispose()
    {
        _feed.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Ttl_OfTheNetworksOptions_IsFollowedWithoutLosingNames()
    {
        var (network, _) = Fill();
        Assert.Equal(TimeSpan.FromSeconds(5), _server.Table.Find(network.Id)!.Ttl);
        _cluster.Control.Put(Partitions.Network(network.Id), Fields.Spec, network with { Options = network.Options.Add("dns.ttl", "60") });
        Assert.Equal(TimeSpan.FromSeconds(60), _server.Table.Find(network.Id)!.Ttl);
        Assert.NotNull(_server.Table.Find(network.Id)!.Find("web"));
    }

    [Fact]
    public void Hosts_DownAndUp_AreInTheTableAtOnce()
    {
        Fill();
        _liveness.Set("h2", "h3");
        Assert.Equal(["h2", "h3"], _server.Table.DownHosts.Order());
        _liveness.Set("h3");
        Assert.Equal(["h3"], _server.Table.DownHosts);
        _liveness.Set();
        Assert.True(_server.Table.AllHostsUp);
    }

    [Fact]
    public void Host_Drains_ItsEndpointsDoInTheTable_AndNoOthers_UntilItCeases()
    {
        var (network, _) = Fill();
        _cluster.Connect(_cluster.AddSandbox("h2", "web"), network, 12);
        var h2 = new HostRecord { Name = "h2", MachineId = "2", TunnelAddress = Address.Parse("192.0.2.2"), UnderlayMtu = 1500, Epoch = "1" };
        _cluster.Control.Put(Partitions.Hosts, Fields.Host("h2"), h2 with { Draining = true });
        Assert.Equal(["h2"], _server.Table.Find(network.Id)!.Find("web")!.V4.Where(r => r.Draining).Select(r => r.Host));
        Assert.Equal(2, _server.Table.Find(network.Id)!.Find("web")!.V4.Length);
        _cluster.Control.Put(Partitions.Hosts, Fields.Host("h2"), h2);
        Assert.DoesNotContain(_server.Table.Find(network.Id)!.Find("web")!.V4, r => r.Draining);
    }

    private (NetworkRecord Network, SandboxRecord Sandbox) Fill()
    {
        var network = _cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        _cluster.Join(network, "h1", 1);
        var sandbox = _cluster.AddSandbox("h1", "web");
        _cluster.Connect(sandbox, network, 11);
        return (network, sandbox);
    }

    private void Lay(string partition) =>
        _views.Lay(partition, _cluster.Control.Pull(partition, default, CancellationToken.None).GetAwaiter().GetResult());

    private sealed class Switchboard : IHostLiveness
    {
        public ImmutableDictionary<string, HostDown> Down { get; private set; } = ImmutableDictionary<string, HostDown>.Empty;

        public event Action? Changed;

        public void Set(params string[] down)
        {
            Down = down.ToImmutableDictionary(h => h, _ => new HostDown(DateTimeOffset.UnixEpoch, ByMembership: false));
            Changed?.Invoke();
        }
    }
}
