using System.Net;
using Overlay.Core.Addressing;

namespace Overlay.Node.Configuration;

/// <summary>What this host does: carries sandboxes, runs grains, or both.</summary>
internal enum NodeRole
{
    All,
    Control,
    Agent,
}

/// <summary>The configuration of one overlayd, checked: every value is usable as it stands.</summary>
internal sealed record NodeOptions
{
    public required string Cluster { get; init; }

    public required string HostName { get; init; }

    /// <summary>Host name or address, resolved at each attempt to connect; null: the store is a file in <see cref="StateDirectory"/>, and the cluster is this host.</summary>
    public required DnsEndPoint? Redis { get; init; }

    public string? RedisPassword { get; init; }

    /// <summary>TLS to Redis, with <see cref="Certificates"/>.</summary>
    public bool RedisTls { get; init; }

    /// <summary>Null only with role control.</summary>
    public Address? TunnelAddress { get; init; }

    public required IPEndPoint Silo { get; init; }

    public required IPEndPoint Gateway { get; init; }

    /// <summary>Null: no TLS, and <see cref="Silo"/> and <see cref="Gateway"/> are loopback addresses.</summary>
    public string? Certificates { get; init; }

    public required string StateDirectory { get; init; }

    public required string RunDirectory { get; init; }

    public required NodeRole Role { get; init; }

    public required string ResolvConf { get; init; }

    public required int VxlanPort { get; init; }

    public bool HasAgent => Role != NodeRole.Control;

    public bool HasControlPlane => Role != NodeRole.Agent;
}
