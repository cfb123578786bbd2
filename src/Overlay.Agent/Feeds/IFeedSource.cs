using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.Feeds;

/// <summary>Where partitions are followed from.</summary>
public interface IFeedSource
{
    Task<FeedPage> Pull(string partition, FeedCursor since, CancellationToken cancellation);
}

/// <summary>All that the agent asks of the control plane.</summary>
public interface IControlPlane : IFeedSource
{
    /// <summary>Refusal: host-taken.</summary>
    Task Register(HostRecord host, CancellationToken cancellation);

    /// <summary>The command of a sandbox that goes with it (--rm) has ended.</summary>
    Task RemoveSandbox(ObjectId sandbox, CancellationToken cancellation);
}
