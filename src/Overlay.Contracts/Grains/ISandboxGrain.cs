using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Contracts.Grains;

/// <summary>
/// One sandbox (key: its id, or for <see cref="Create"/> the request id): orders the steps of what is done to it and
/// takes back the ones done when a later one is refused. Its record lives in the roster of its host.
/// </summary>
[Alias("overlay.ISandboxGrain")]
public interface ISandboxGrain : IGrainWithStringKey
{
    /// <summary>
    /// Name, ports, attachments; then, per <see cref="CreateSandbox.Wait"/>, waits until the host has made it.
    /// Refusals: name-taken, unknown-host, host-down, port-taken, not-found (network, or the sandbox to join), not-running
    /// (the sandbox to join), address-…, apply-failed.
    /// Nothing is left after a refusal.
    /// </summary>
    [Alias("Create")]
    Task<SandboxDetails> Create(Guid requestId, CreateSandbox request);

    /// <summary>
    /// Refused with ports-in-use where the sandbox's published ports would lead nowhere: the default gateway would move
    /// to an internal, macvlan or ipvlan network.
    /// </summary>
    [Alias("Connect")]
    Task<ConnectReply> Connect(Guid requestId, string network, ConnectOptions options, WaitMode wait);

    /// <summary>Refused like <see cref="Connect"/> where ports would lead nowhere, unless forced.</summary>
    [Alias("Disconnect")]
    Task Disconnect(Guid requestId, string network, bool force, WaitMode wait);

    /// <summary>Refused with not-running while the sandbox that it joins is stopped, or gone.</summary>
    [Alias("Start")]
    Task Start(Guid requestId, WaitMode wait);

    /// <summary>
    /// Keeps name, addresses and MACs. Commands of sandboxes that join this one end with it, and run again when it is
    /// started.
    /// </summary>
    [Alias("Stop")]
    Task Stop(Guid requestId, WaitMode wait);

    /// <summary>
    /// Refused while running (its command lives), or joined by another sandbox, unless forced: then those that join it are
    /// stopped. Works while its host is down.
    /// </summary>
    [Alias("Remove")]
    Task Remove(Guid requestId, bool force, WaitMode wait);

    /// <summary>
    /// Publishes more ports, of a stopped sandbox for its next start; all of them or none. Replies with what was
    /// published, in the order of the requests. Refusals: as those of <see cref="Create"/> for ports.
    /// </summary>
    [Alias("PublishPorts")]
    Task<ImmutableArray<PublishedPort>> PublishPorts(Guid requestId, ImmutableArray<PortRequest> ports, WaitMode wait);

    /// <summary>
    /// Ends the publishing of each port that one of the requests matches (what a request leaves out matches any), and
    /// cuts the connections through it. Works while the host is down. Refusal: not-published, and nothing changes.
    /// </summary>
    [Alias("UnpublishPorts")]
    Task<ImmutableArray<PublishedPort>> UnpublishPorts(Guid requestId, ImmutableArray<PortRequest> ports, WaitMode wait);

    [Alias("Inspect")]
    Task<SandboxDetails> Inspect();
}

[GenerateSerializer, Alias("overlay.WaitMode")]
public enum WaitMode
{
    /// <summary>Until the sandbox's own host has applied it.</summary>
    Local,

    /// <summary>Until every member host has.</summary>
    All,

    /// <summary>Only until it is durable.</summary>
    None,
}

[GenerateSerializer, Alias("overlay.CreateSandbox"), Immutable]
public sealed record CreateSandbox
{
    /// <summary>Null: one is chosen.</summary>
    [Id(0)] public string? Name { get; init; }

    /// <summary>Null: the host with the fewest sandboxes.</summary>
    [Id(1)] public string? Host { get; init; }
    [Id(2)] public string? Hostname { get; init; }
    [Id(3)] public string Mode { get; init; } = SandboxModes.Isolated;

    /// <summary>In order; empty with mode isolated: the built-in bridge.</summary>
    [Id(4)] public ImmutableArray<NetworkAttachment> Networks { get; init; } = [];
    [Id(5)] public ImmutableArray<PortRequest> Ports { get; init; } = [];
    [Id(6)] public ImmutableArray<ExtraHost> ExtraHosts { get; init; } = [];
    [Id(7)] public ImmutableArray<Core.Addressing.Address> DnsServers { get; init; } = [];
    [Id(8)] public ImmutableArray<string> DnsSearch { get; init; } = [];
    [Id(9)] public ImmutableArray<string> DnsOptions { get; init; } = [];
    [Id(10)] public ImmutableArray<string> Command { get; init; } = [];
    [Id(11)] public string Restart { get; init; } = "no";
    [Id(12)] public bool RemoveOnExit { get; init; }
    [Id(13)] public ImmutableArray<ExposedPort> Exposed { get; init; } = [];
    [Id(14)] public bool PublishAll { get; init; }
    [Id(15)] public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
    [Id(16)] public WaitMode Wait { get; init; }

    /// <summary>With mode container: whose network stack it uses, by name, id or unique id prefix.</summary>
    [Id(17)] public string? Join { get; init; }
}

[GenerateSerializer, Alias("overlay.NetworkAttachment"), Immutable]
public sealed record NetworkAttachment
{
    [Id(0)] public required string Network { get; init; }
    [Id(1)] public ConnectOptions Options { get; init; } = new();
}

/// <summary>One -p, a range taken apart into one request per port. Host port null: chosen by the roster.</summary>
[GenerateSerializer, Alias("overlay.PortRequest"), Immutable]
public sealed record PortRequest
{
    [Id(0)] public required string Protocol { get; init; }
    [Id(1)] public Core.Addressing.Address? HostAddress { get; init; }
    [Id(2)] public int? HostPort { get; init; }
    [Id(3)] public required int SandboxPort { get; init; }

    /// <summary>When set, the first free host port from <see cref="HostPort"/> to here.</summary>
    [Id(4)] public int? HostPortLast { get; init; }
}

[GenerateSerializer, Alias("overlay.SandboxDetails"), Immutable]
public sealed record SandboxDetails
{
    [Id(0)] public required SandboxRecord Sandbox { get; init; }
    [Id(1)] public ImmutableArray<AttachedEndpoint> Endpoints { get; init; } = [];

    /// <summary>What its host says of it; null when the host did not answer.</summary>
    [Id(2)] public SandboxStatus? Status { get; init; }

    /// <summary>The sandbox whose network stack it uses; null: it joins none, or that one is gone.</summary>
    [Id(3)] public SandboxRecord? Joined { get; init; }

    /// <summary>Names of the sandboxes that use this one's network stack.</summary>
    [Id(4)] public ImmutableArray<string> JoinedBy { get; init; } = [];
}

[GenerateSerializer, Alias("overlay.AttachedEndpoint"), Immutable]
public sealed record AttachedEndpoint
{
    [Id(0)] public required ObjectId Network { get; init; }
    [Id(1)] public required string NetworkName { get; init; }
    [Id(2)] public required string Driver { get; init; }
    [Id(3)] public required EndpointRecord Endpoint { get; init; }
    [Id(4)] public ImmutableArray<SubnetRecord> Subnets { get; init; } = [];
}
