using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Desired;

/// <summary>What a network needs of this host's kernel. Pure: the same view gives the same words.</summary>
internal interface INetworkDriver
{
    /// <summary>Null when this host can carry the network; else why not.</summary>
    string? Validate(NetworkView network, HostContext host);

    int Mtu(NetworkView network, HostContext host);

    /// <summary>The network's own links, bottom up, without those of endpoints.</summary>
    ImmutableArray<DesiredLink> Segment(NetworkView network, HostContext host);

    /// <summary>How an endpoint's link sits on a link of the host; null: it is a veth pair with a port of the network's bridge.</summary>
    DesiredSubLink? SubLink(NetworkRecord network) => null;
}

/// <summary>The host as the drivers see it.</summary>
internal sealed record HostContext
{
    public required string Name { get; init; }

    public required ObjectMark Mark { get; init; }

    public required Address TunnelAddress { get; init; }

    public required int VxlanPort { get; init; }

    public ImmutableDictionary<string, HostRecord> Hosts { get; init; } = ImmutableDictionary<string, HostRecord>.Empty;
}
