using System.Collections.Immutable;
using Overlay.Contracts.Agent;
using Overlay.Core.Ipam;
using Overlay.Grains.Store;

namespace Overlay.Grains.Hosting;

/// <summary>What the grains of one silo are made with.</summary>
public sealed record OverlayGrainsOptions
{
    public required string Cluster { get; init; }

    public required IRecordStore Store { get; init; }

    /// <summary>What weakens the store's promises right now, for 'overlay host inspect'.</summary>
    public Func<IReadOnlyList<string>> StoreWarnings { get; init; } = static () => [];

    /// <summary>The agent in this process; null on a silo that has none.</summary>
    public ILocalAgent? Agent { get; init; }

    public ImmutableArray<SubnetPool> Pools { get; init; } = SubnetPool.DefaultV4;

    public int VxlanPort { get; init; } = 4789;

    public TimeSpan Quarantine { get; init; } = Allocator.DefaultQuarantine;

    /// <summary>For one call from grain to grain, retries included.</summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After a restart of the store: how long known hosts that are not there may take to tell what they hold.</summary>
    public TimeSpan ClaimGrace { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long a request waits for its host to apply what was decided.</summary>
    public TimeSpan ApplyDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A sandbox reaches its roster so soon after its name was taken, or never; well below <see cref="AuditAge"/>.</summary>
    public TimeSpan CreationLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What a request that was cut short left behind is taken back after this time.</summary>
    public TimeSpan AuditAge { get; init; } = TimeSpan.FromMinutes(2);

    public TimeSpan AuditInterval { get; init; } = TimeSpan.FromSeconds(30);
}
