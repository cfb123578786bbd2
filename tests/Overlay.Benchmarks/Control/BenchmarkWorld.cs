using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Benchmarks.Control;

/// <summary>
/// What is measured with: a bridge network, an overlay network, a sandbox on h1 that is connected again and again, one
/// that stays there on both networks, and one on h2 that watches from the overlay network. Removed at the end.
/// </summary>
internal sealed class BenchmarkWorld : IAsyncDisposable
{
    public const string WatcherHost = "h2";
    private const string MovingHost = "h1";
    private const byte FirstSecondByte = 100;
    private const byte LastSecondByte = 150;

    private readonly string _tag = Guid.NewGuid().ToString("N")[..6];
    private int _nextAddress;

    private BenchmarkWorld(BenchmarkLab lab) => Place = lab;

    public BenchmarkLab Place { get; }

    public IGrainFactory Grains => Place.Client.Grains;

    public INetworkCatalogGrain Catalog => Grains.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    public NetworkRecord Bridge { get; private set; } = null!;

    /// <summary>A bridge network on which nothing stays: each connect makes the bridge, and each disconnect takes it away.</summary>
    public NetworkRecord Empty { get; private set; } = null!;

    public NetworkRecord Overlay { get; private set; } = null!;

    public SandboxRecord Moving { get; private set; } = null!;

    public SandboxRecord Watcher { get; private set; } = null!;

    public SandboxRecord Resident { get; private set; } = null!;

    public ISandboxGrain MovingGrain => Grain(Moving.Id);

    public static async Task<BenchmarkWorld> CreateAsync(BenchmarkLab lab)
    {
        var world = new BenchmarkWorld(lab);
        try
        {
            world.Bridge = await world.CreateNetworkAsync("bridge");
            world.Empty = await world.CreateNetworkAsync("bridge", "empty");
            world.Overlay = await world.CreateNetworkAsync("overlay");
            world.Moving = await world.CreateSandboxAsync("moving", MovingHost);
            world.Watcher = await world.CreateSandboxAsync("watcher", WatcherHost, world.Overlay);
            world.Resident = await world.CreateSandboxAsync("resident", MovingHost, world.Bridge, world.Overlay);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public string Name(string name) => $"bench-{name}-{_tag}";

    /// <summary>
    /// An address that nobody has had in this run: one given back is in quarantine, and a neighbour entry of its last
    /// owner would be measured as well.
    /// </summary>
    public Address NextAddress(NetworkRecord network)
    {
        // The lower half is left to automatic addresses: the watcher, the hosts' own.
        var prefix = network.Subnets[0].Prefix;
        return prefix.Base.Next((prefix.Size / 2) + (UInt128)_nextAddress++);
    }

    public Task ConnectAsync(NetworkRecord network, ConnectOptions options, WaitMode wait) =>
        MovingGrain.Connect(Guid.CreateVersion7(), network.Id.ToString(), options, wait);

    public Task DisconnectAsync(NetworkRecord network) =>
        // All: the next sample starts when no host has anything of this one left to do.
        MovingGrain.Disconnect(Guid.CreateVersion7(), network.Id.ToString(), force: false, WaitMode.All);

    public async ValueTask DisposeAsync()
    {
        foreach (var sandbox in new[] { Moving, Watcher, Resident }.Where(made => made is not null))
            await Grain(sandbox.Id).Remove(Guid.CreateVersion7(), force: true, WaitMode.Local);
        foreach (var network in new[] { Bridge, Empty, Overlay }.Where(made => made is not null))
            await Catalog.RemoveNetwork(Guid.CreateVersion7(), network.Id.ToString(), force: false);
    }

    private ISandboxGrain Grain(ObjectId id) => Grains.GetGrain<ISandboxGrain>(id.ToString());

    // Larger than an automatic subnet: each sample takes an address, and none comes back from quarantine in time.
    private async Task<NetworkRecord> CreateNetworkAsync(string driver, string? name = null)
    {
        for (byte second = FirstSecondByte; ; second++)
        {
            var subnet = new SubnetRequest { Prefix = new Prefix(Address.FromBytes([10, second, 0, 0]), 16) };
            try
            {
                return await Catalog.CreateNetwork(
                    Guid.CreateVersion7(), new CreateNetwork { Name = Name(name ?? driver), Driver = driver, Subnets = [subnet] });
            }
            catch (OverlayException taken) when (taken.Code == ErrorCodes.SubnetOverlap && second < LastSecondByte)
            {
                // Somebody's already: the next one.
            }
        }
    }

    private async Task<SandboxRecord> CreateSandboxAsync(string name, string host, params NetworkRecord[] networks)
    {
        var request = Guid.CreateVersion7();
        var details = await Grains.GetGrain<ISandboxGrain>(request.ToString("N")).Create(
            request, new CreateSandbox { Name = Name(name), Host = host, Networks = [.. networks.Select(n => new NetworkAttachment { Network = n.Name })] });
        return details.Sandbox;
    }
}
