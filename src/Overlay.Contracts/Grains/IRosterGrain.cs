using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Contracts.Grains;

/// <summary>
/// What one host must run (key: the host's name): its sandboxes, their published ports, the networks to follow.
/// Placed anywhere, so that it answers while its host is dead; the host's agent follows it.
/// </summary>
[Alias("overlay.IRosterGrain")]
public interface IRosterGrain : IFeed
{
    /// <summary>
    /// Chooses host ports that were left open. Refusals: port-taken (names the holder), no free port; expired, so long
    /// after its name was taken that the name may be another's; not-running, the sandbox that it joins.
    /// </summary>
    /// <param name="busy">Not to be chosen.</param>
    [Alias("AddSandbox")]
    Task<RosterReply> AddSandbox(
        Guid requestId, SandboxRecord sandbox, ImmutableArray<PortRequest> ports, DateTimeOffset reserved, ImmutableArray<BusyPort> busy);

    /// <summary>All of them or none. Refusals: port-taken (names the holder), not-found (the sandbox).</summary>
    /// <param name="busy">Not to be chosen.</param>
    [Alias("PublishPorts")]
    Task<PortsReply> PublishPorts(Guid requestId, ObjectId sandbox, ImmutableArray<PortRequest> ports, ImmutableArray<BusyPort> busy);

    /// <summary>What this request has published; null: it has not, or was taken back.</summary>
    [Alias("FindPublished")]
    Task<PortsReply?> FindPublished(Guid publishRequestId, ObjectId sandbox);

    /// <summary>Takes back what this request has published; without effect when that was done already.</summary>
    [Alias("WithdrawPorts")]
    Task WithdrawPorts(Guid publishRequestId, ObjectId sandbox);

    /// <summary>What a request leaves out matches any port. Refusals: not-published (none is taken away), not-found.</summary>
    [Alias("UnpublishPorts")]
    Task<PortsReply> UnpublishPorts(Guid requestId, ObjectId sandbox, ImmutableArray<PortRequest> ports);

    /// <summary>Refusals: not-found; not-running, the sandbox that it joins.</summary>
    [Alias("SetStarted")]
    Task<RosterReply> SetStarted(Guid requestId, ObjectId sandbox, bool started);

    /// <summary>
    /// Harmless when it is not there; an addition that is still on its way then conflicts. Sandboxes that join it are
    /// stopped. Returns the revision to wait for.
    /// </summary>
    [Alias("RemoveSandbox")]
    Task<ulong> RemoveSandbox(ObjectId sandbox);

    /// <summary>As <see cref="RemoveSandbox"/>, but refused with not-removable while another sandbox joins it.</summary>
    [Alias("RemoveUnjoined")]
    Task<ulong> RemoveUnjoined(ObjectId sandbox);

    /// <summary>The sandboxes that use this one's network stack, by name.</summary>
    [Alias("FindJoined")]
    Task<ImmutableArray<SandboxRecord>> FindJoined(ObjectId sandbox);

    /// <summary>
    /// False: it is there. True: it is not, and an addition that is still on its way conflicts, so that its name can be
    /// released.
    /// </summary>
    [Alias("ConfirmAbsent")]
    Task<bool> ConfirmAbsent(ObjectId sandbox);

    [Alias("GetSandbox")]
    Task<SandboxRecord?> GetSandbox(ObjectId sandbox);

    [Alias("ListSandboxes")]
    Task<ImmutableArray<SandboxRecord>> ListSandboxes();

    /// <summary>Networks this host follows: a superset of those it has endpoints on.</summary>
    [Alias("FollowedNetworks")]
    Task<ImmutableArray<ObjectId>> FollowedNetworks();

    /// <param name="fence">Revision of the network at the time of the call.</param>
    [Alias("Follow")]
    Task<ulong> Follow(ObjectId network, ulong fence);

    /// <summary>Without effect when a Follow of a later fence came in between.</summary>
    [Alias("Unfollow")]
    Task<ulong> Unfollow(ObjectId network, ulong fence);
}

/// <summary>The ports that a request has published, or taken away.</summary>
[GenerateSerializer, Alias("overlay.PortsReply"), Immutable]
public sealed record PortsReply
{
    [Id(0)] public ImmutableArray<PublishedPort> Ports { get; init; } = [];
    [Id(1)] public required ulong Revision { get; init; }
}

[GenerateSerializer, Alias("overlay.RosterReply"), Immutable]
public sealed record RosterReply
{
    [Id(0)] public required SandboxRecord Sandbox { get; init; }
    [Id(1)] public required ulong Revision { get; init; }
}
