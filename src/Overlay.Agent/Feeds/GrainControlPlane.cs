using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.Feeds;

/// <summary>The control plane as grains.</summary>
public sealed class GrainControlPlane(IGrainFactory grains) : IControlPlane
{
    public Task<FeedPage> Pull(string partition, FeedCursor since, CancellationToken cancellation) =>
        FeedOf(partition).Pull(since).WaitAsync(cancellation);

    public Task Register(HostRecord host, CancellationToken cancellation) =>
        grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).Register(host).WaitAsync(cancellation);

    public Task RemoveSandbox(ObjectId sandbox, CancellationToken cancellation) =>
        grains.GetGrain<ISandboxGrain>(sandbox.ToString()).Remove(Guid.CreateVersion7(), force: true, WaitMode.None).WaitAsync(cancellation);

    private IFeed FeedOf(string partition)
    {
        if (partition == Partitions.Hosts)
            return grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key);
        var (kind, key) = partition.IndexOf('/') is var slash and > 0 ? (partition[..slash], partition[(slash + 1)..]) : (partition, "");
        return kind switch
        {
            "roster" => grains.GetGrain<IRosterGrain>(key),
            "network" => grains.GetGrain<INetworkGrain>(key),
            _ => throw new ArgumentException($"'{partition}' is no partition that agents follow", nameof(partition)),
        };
    }
}
