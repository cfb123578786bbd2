using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;

namespace Overlay.Cli.Control;

/// <summary>
/// What the verbs ask of a cluster. A command is one request: its id is made once, so that a call repeated after a
/// lost connection has one effect. Failures are RefusalException and OverlayException, nothing else.
/// </summary>
internal interface IControlPlane : IAsyncDisposable
{
    Task<ImmutableArray<NetworkRecord>> ListNetworks(CancellationToken cancellation);

    Task<NetworkRecord> CreateNetwork(CreateNetwork request, CancellationToken cancellation);

    /// <summary>The names of the sandboxes that were cut off it.</summary>
    Task<ImmutableArray<string>> RemoveNetwork(string network, bool force, CancellationToken cancellation);

    Task<NetworkDetails> InspectNetwork(string network, CancellationToken cancellation);

    Task<ConnectReply> Connect(string network, string sandbox, ConnectOptions options, WaitMode wait, CancellationToken cancellation);

    Task Disconnect(string network, string sandbox, bool force, WaitMode wait, CancellationToken cancellation);

    Task<SandboxDetails> CreateSandbox(CreateSandbox request, CancellationToken cancellation);

    Task<ImmutableArray<SandboxEntry>> ListSandboxes(CancellationToken cancellation);

    Task<SandboxDetails> InspectSandbox(string sandbox, CancellationToken cancellation);

    Task StartSandbox(string sandbox, WaitMode wait, CancellationToken cancellation);

    Task StopSandbox(string sandbox, WaitMode wait, CancellationToken cancellation);

    Task RemoveSandbox(string sandbox, bool force, WaitMode wait, CancellationToken cancellation);

    /// <summary>The ports that were published, in the order asked for.</summary>
    Task<ImmutableArray<PublishedPort>> PublishPorts(string sandbox, ImmutableArray<PortRequest> ports, WaitMode wait, CancellationToken cancellation);

    /// <summary>The ports that were taken off.</summary>
    Task<ImmutableArray<PublishedPort>> UnpublishPorts(string sandbox, ImmutableArray<PortRequest> ports, WaitMode wait, CancellationToken cancellation);

    Task<LogPage> ReadLog(SandboxEntry sandbox, long offset, CancellationToken cancellation);

    Task<SandboxEntry> FindSandbox(string sandbox, CancellationToken cancellation);

    Task<ImmutableArray<HostState>> ListHosts(CancellationToken cancellation);

    Task DrainHost(string host, bool draining, CancellationToken cancellation);

    /// <summary>The names of the sandboxes that went with it.</summary>
    Task<ImmutableArray<string>> RemoveHost(string host, bool force, CancellationToken cancellation);

    Task<HostState> FindHost(string host, CancellationToken cancellation);

    Task<HostStatus> HostStatus(string host, CancellationToken cancellation);

    /// <summary>Asks DNS as the sandbox does.</summary>
    Task<NameAnswer> QueryName(SandboxEntry sandbox, string name, string type, CancellationToken cancellation);

    /// <summary>Asks about the record store as a whole, or changes it; each such call may be repeated.</summary>
    Task<T> AskState<T>(Func<IStateGrain, Task<T>> question, CancellationToken cancellation);

    /// <summary>Until the host's agent has applied the network at this revision or a later one.</summary>
    Task WaitApplied(string host, NetworkRecord network, ulong revision, CancellationToken cancellation);
}
