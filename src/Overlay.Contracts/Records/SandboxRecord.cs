using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Records;

/// <summary>A sandbox as its host must make it. Field <c>sandbox/ID</c> of partition <c>roster/HOST</c>.</summary>
[GenerateSerializer, Alias("overlay.SandboxRecord"), Immutable]
public sealed record SandboxRecord
{
    [Id(0)] public required ObjectId Id { get; init; }
    [Id(1)] public required string Name { get; init; }
    [Id(2)] public required string Host { get; init; }
    [Id(3)] public required string Hostname { get; init; }

    /// <summary>One of <see cref="SandboxModes"/>.</summary>
    [Id(4)] public string Mode { get; init; } = SandboxModes.Isolated;

    /// <summary>False after stop: namespace gone, addresses and name kept.</summary>
    [Id(5)] public bool Started { get; init; } = true;
    [Id(6)] public ImmutableArray<PublishedPort> Ports { get; init; } = [];

    /// <summary>--add-host lines, in order; address "host-gateway" is already resolved by the agent's host.</summary>
    [Id(7)] public ImmutableArray<ExtraHost> ExtraHosts { get; init; } = [];
    [Id(8)] public ImmutableArray<Address> DnsServers { get; init; } = [];
    [Id(9)] public ImmutableArray<string> DnsSearch { get; init; } = [];
    [Id(10)] public ImmutableArray<string> DnsOptions { get; init; } = [];

    /// <summary>What the agent runs in it (run -d); empty: nothing, the sandbox is a bare namespace.</summary>
    [Id(11)] public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>no, on-failure, always, unless-stopped.</summary>
    [Id(12)] public string Restart { get; init; } = "no";

    /// <summary>Removed by its host when its command ends.</summary>
    [Id(13)] public bool RemoveOnExit { get; init; }
    [Id(14)] public DateTimeOffset Created { get; init; }
    [Id(15)] public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
    [Id(16)] public ImmutableArray<ExposedPort> Exposed { get; init; } = [];

    /// <summary>Counts starts: a raised generation with <see cref="Started"/> runs the command again.</summary>
    [Id(17)] public ulong Generation { get; init; } = 1;

    /// <summary>
    /// The command starts only when these networks have been applied at these revisions (or are gone): a workload
    /// never sees a namespace whose interfaces are still to come.
    /// </summary>
    [Id(18)] public ImmutableArray<Grains.PartitionRevision> StartAfter { get; init; } = [];

    /// <summary>
    /// With mode container: whose network stack it uses, a sandbox of the same host. Never one that joins another: a chain
    /// is resolved when the sandbox is made.
    /// </summary>
    [Id(19)] public ObjectId? Joins { get; init; }
}

/// <summary>One published port, ranges already taken apart, host port already chosen.</summary>
[GenerateSerializer, Alias("overlay.PublishedPort"), Immutable]
public sealed record PublishedPort
{
    /// <summary>tcp or udp.</summary>
    [Id(0)] public required string Protocol { get; init; }

    /// <summary>Null: every address of the host.</summary>
    [Id(1)] public Address? HostAddress { get; init; }
    [Id(2)] public required int HostPort { get; init; }
    [Id(3)] public required int SandboxPort { get; init; }
}

[GenerateSerializer, Alias("overlay.ExposedPort"), Immutable]
public sealed record ExposedPort
{
    [Id(0)] public required string Protocol { get; init; }
    [Id(1)] public required int Port { get; init; }
}

/// <summary>A hosts-file entry. <see cref="Address"/> null: the host's own gateway address (host-gateway).</summary>
[GenerateSerializer, Alias("overlay.ExtraHost"), Immutable]
public sealed record ExtraHost
{
    [Id(0)] public required string Name { get; init; }
    [Id(1)] public Address? Address { get; init; }
}
