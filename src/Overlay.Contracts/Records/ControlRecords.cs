using System.Collections.Immutable;
using System.Text.Json;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Records;

// Records that only the control plane reads.

/// <summary>A network as the catalog has it. Field <c>network/ID</c> of partition <c>catalog</c>.</summary>
public sealed record CatalogNetworkRecord
{
    public required NetworkRecord Network { get; init; }

    /// <summary>Set: its removal has begun, nothing connects to it any more.</summary>
    public DateTimeOffset? Removing { get; init; }
}

/// <summary>A reply kept for retries. Field <c>request/UUID</c> of any partition.</summary>
public sealed record RequestRecord
{
    /// <summary>By the store's clock.</summary>
    public required DateTimeOffset Answered { get; init; }

    /// <summary>What was asked: a retry of one call is not a retry of another.</summary>
    public required string Call { get; init; }
    public required JsonElement Reply { get; init; }
}

/// <summary>
/// An endpoint whose lease was found without it and is about to be released: a commit of that endpoint which is still
/// on its way is refused. Field <c>tombstone/ID</c> of partition <c>network/ID</c>.
/// </summary>
public sealed record TombstoneRecord
{
    public required DateTimeOffset Since { get; init; }
}

/// <summary>
/// An endpoint that was removed, or a host's presence that ended: its addresses stay leased until the host has let go
/// of them. Field <c>leaving/OWNER</c> of partition <c>network/ID</c>.
/// </summary>
public sealed record LeavingRecord
{
    /// <summary>Of the leases.</summary>
    public required string Owner { get; init; }

    /// <summary>Null: it is the host's own presence (node addresses).</summary>
    public ObjectId? Endpoint { get; init; }
    public ObjectId? Sandbox { get; init; }
    public required string Host { get; init; }
    public required ImmutableArray<Address> Addresses { get; init; }

    /// <summary>For people.</summary>
    public required string Description { get; init; }

    /// <summary>Of the network, with the removal: the host must have applied it.</summary>
    public required ulong Revision { get; init; }
    public required DateTimeOffset Since { get; init; }
}

/// <summary>The run of the record store that was found to be no older than what hosts hold. Field <c>run</c> of partition <c>state</c>.</summary>
public sealed record StoreRunRecord
{
    public required string Run { get; init; }
}

/// <summary>A reply that says no more than when it became true.</summary>
public sealed record RevisionReply
{
    public required ulong Revision { get; init; }
}
