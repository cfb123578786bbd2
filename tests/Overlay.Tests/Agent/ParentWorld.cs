using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Agents;

namespace Overlay.Tests.Agent;

/// <summary>An <see cref="AgentWorld"/> with a stranger on the physical network of its eth0.</summary>
internal sealed class ParentWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private int _networks;

    public ParentWorld(FakeCluster? cluster = null)
    {
        World = new AgentWorld(cluster);
        Stranger = World.Kernel.Create("stranger");
        World.Kernel.Host.Apply([new AddVeth("cable", "eth0", Stranger) { Master = "eth0", Up = true }]);
        Stranger.Apply([new SetLink("eth0") { Up = true }]);
    }

    public AgentWorld World { get; }

    public INetNamespace Stranger { get; }

    public IEnumerable<string> Asked => World.Kernel.Log.Where(w => w.StartsWith("probing ", StringComparison.Ordinal));

    /// <summary>10.50.N.0/24 and fd50:N::/64.</summary>
    public NetworkRecord AddNetwork(string driver = "macvlan", string mode = "bridge", string parent = "eth0")
    {
        var number = Interlocked.Increment(ref _networks);
        var options = ImmutableDictionary<string, string>.Empty.Add("parent", parent).Add(driver + "_mode", mode);
        var network = World.Cluster.AddNetwork(new NetworkRecord
        {
            Id = World.Cluster.NewId(),
            Name = $"lan{number}",
            Driver = driver,
            Subnets = [.. new[] { Prefix.Parse($"10.50.{number}.0/24"), Prefix.Parse($"fd50:{number}::/64") }
                .Select(p => new SubnetRecord { Id = World.Cluster.NewId(), Prefix = p, Gateway = p.Base.Next(1) })],
            Options = driver == "ipvlan" ? options.Add("ipvlan_flag", "bridge") : options,
        });
        World.Cluster.Join(network, "h1", 1);
        return network;
    }

    public (SandboxRecord Sandbox, EndpointRecord Endpoint) Connect(NetworkRecord network, string name, int number)
    {
        var sandbox = World.Cluster.AddSandbox("h1", name);
        return (sandbox, World.Cluster.Connect(sandbox, network, number));
    }

    public IReadOnlyList<string> AddressesOf(string sandbox)
    {
        using var space = World.Kernel.Open(sandbox);
        var link = space.FindLink("eth0")?.Index;
        return [.. space.DumpAddresses().Where(a => a.LinkIndex == link).Select(a => a.Address.ToString())];
    }

    public Link? LinkOf(string sandbox)
    {
        using var space = World.Kernel.Open(sandbox);
        return space.FindLink("eth0");
    }

    public static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
            await Task.Delay(5, patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Stranger.Dispose();
        await World.DisposeAsync();
    }
}
