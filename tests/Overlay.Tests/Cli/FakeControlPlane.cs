using System.Collections.Immutable;
using Overlay.Cli.Control;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Tests.Cli;

/// <summary>A cluster that answers with what a test put into it, and remembers what it was asked to change.</summary>
internal sealed class FakeControlPlane : IControlPlane
{
    public List<NetworkDetails> Networks { get; } = [];
    public List<SandboxDetails> Sandboxes { get; } = [];
    public List<HostState> Hosts { get; } = [];
    public List<object> Asked { get; } = [];
    public Queue<LogPage> Log { get; } = new();

    /// <summary>The next change fails with this.</summary>
    public Exception? Refusal { get; set; }

    public T Last<T>() => Asked.OfType<T>().Last();

    public Task<ImmutableArray<NetworkRecord>> ListNetworks(CancellationToken cancellation) =>
        Task.FromResult(Networks.Select(network => network.Network).ToImmutableArray());

    public Task<NetworkRecord> CreateNetwork(CreateNetwork request, CancellationToken cancellation) =>
        Change(request, () => Samples.Network(request.Name, request.Driver));

    public Task<ImmutableArray<string>> RemoveNetwork(string network, bool force, CancellationToken cancellation) =>
        Change($"rm {Network(network).Network.Name} force={force}", () => force
            ? Network(network).Endpoints.Select(e => e.SandboxName).ToImmutableArray()
            : []);

    public Task<NetworkDetails> InspectNetwork(string network, CancellationToken cancellation) => Task.FromResult(Network(network));

    public Task<ConnectReply> Connect(string network, string sandbox, ConnectOptions options, WaitMode wait, CancellationToken cancellation) =>
        Change((network, sandbox, options, wait), () => new ConnectReply { Endpoint = Samples.Endpoint(sandbox, "h1"), Revision = 7 });

    public Task Disconnect(string network, string sandbox, bool force, WaitMode wait, CancellationToken cancellation) =>
        Change($"disconnect {network} {sandbox} force={force} wait={wait}", () => true);

    /// <summary>Called while a sandbox is being made; an interrupted call ends there, and the sandbox is made all the same.</summary>
    public Action? Creating { get; set; }

    public Task<SandboxDetails> CreateSandbox(CreateSandbox request, CancellationToken cancellation) => Change(request, () =>
    {
        Creating?.Invoke();
        cancellation.ThrowIfCancellationRequested();
        var details = Samples.Sandbox(request.Name ?? "chosen", request.Host ?? "h1");
        details = details with { Sandbox = details.Sandbox with { Mode = request.Mode, Hostname = request.Hostname ?? details.Sandbox.Id.Short } };
        Sandboxes.Add(details);
        return details;
    });

    public Task<ImmutableArray<SandboxEntry>> ListSandboxes(CancellationToken cancellation) =>
        Task.FromResult(Sandboxes.Select(Entry).ToImmutableArray());

    public Task<SandboxDetails> InspectSandbox(string sandbox, CancellationToken cancellation) => Task.FromResult(Sandbox(sandbox));

    public Task StartSandbox(string sandbox, WaitMode wait, CancellationToken cancellation) => Change($"start {Sandbox(sandbox).Sandbox.Name}", () => true);

    public Task StopSandbox(string sandbox, WaitMode wait, CancellationToken cancellation) => Change($"stop {Sandbox(sandbox).Sandbox.Name}", () => true);

    public Task RemoveSandbox(string sandbox, bool force, WaitMode wait, CancellationToken cancellation) =>
        Change($"rm {Sandbox(sandbox).Sandbox.Name} force={force}", () => true);

    public Task<ImmutableArray<PublishedPort>> PublishPorts(string sandbox, ImmutableArray<PortRequest> ports, WaitMode wait, CancellationToken cancellation) =>
        Change(("port add", Sandbox(sandbox).Sandbox.Name, ports), () => Published(ports));

    public Task<ImmutableArray<PublishedPort>> UnpublishPorts(string sandbox, ImmutableArray<PortRequest> ports, WaitMode wait, CancellationToken cancellation) =>
        Change(("port rm", Sandbox(sandbox).Sandbox.Name, ports), () => Published(ports));

    private static ImmutableArray<PublishedPort> Published(ImmutableArray<PortRequest> ports) =>
        [.. ports.Select(p => new PublishedPort { Protocol = p.Protocol, HostAddress = p.HostAddress, HostPort = p.HostPort ?? 32768, SandboxPort = p.SandboxPort })];

    public Task<LogPage> ReadLog(SandboxEntry sandbox, long offset, CancellationToken cancellation) => Task.FromResult(Log.Dequeue());

    public Task<SandboxEntry> FindSandbox(string sandbox, CancellationToken cancellation) => Task.FromResult(Entry(Sandbox(sandbox)));

    public Task<ImmutableArray<HostState>> ListHosts(CancellationToken cancellation) => Task.FromResult(Hosts.ToImmutableArray());

    public Task DrainHost(string host, bool draining, CancellationToken cancellation) => Change($"host drain {host} {draining}", () => true);

    public Task<ImmutableArray<string>> RemoveHost(string host, bool force, CancellationToken cancellation) =>
        Change($"host rm {host} force={force}", () => Sandboxes.Where(s => s.Sandbox.Host == host).Select(s => s.Sandbox.Name).ToImmutableArray());

    public Task<HostState> FindHost(string host, CancellationToken cancellation) =>
        Task.FromResult(Hosts.FirstOrDefault(state => state.Host.Name == host) ?? throw new OverlayException(ErrorCodes.UnknownHost, $"no host '{host}'"));

    public Task<HostStatus> HostStatus(string host, CancellationToken cancellation) =>
        Task.FromResult(new HostStatus { Host = host, Version = "0.1.0", Started = Samples.Epoch, Problems = ["no room"], Applied = [new("roster/h1", 4)] });

    public Task<NameAnswer> QueryName(SandboxEntry sandbox, string name, string type, CancellationToken cancellation) =>
        Change($"query {sandbox.Name} {name} {type}", () => Samples.Answer(name));

    public IStateGrain? State { get; set; }

    public Task<T> AskState<T>(Func<IStateGrain, Task<T>> question, CancellationToken cancellation) => question(State!);

    public Task WaitApplied(string host, NetworkRecord network, ulong revision, CancellationToken cancellation) =>
        Change($"wait {host} {network.Name} {revision}", () => true);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<T> Change<T>(object asked, Func<T> done)
    {
        if (Refusal is { } refusal)
            return Task.FromException<T>(refusal);
        Asked.Add(asked);
        return Task.FromResult(done());
    }

    private NetworkDetails Network(string nameOrId) =>
        Networks.FirstOrDefault(network => network.Network.Name == nameOrId || network.Network.Id.ToString() == nameOrId)
        ?? throw new OverlayException(ErrorCodes.NotFound, $"no network '{nameOrId}'", new Dictionary<string, string> { ["network"] = nameOrId });

    private SandboxDetails Sandbox(string nameOrId) =>
        Sandboxes.FirstOrDefault(sandbox => sandbox.Sandbox.Name == nameOrId || sandbox.Sandbox.Id.ToString() == nameOrId)
        ?? throw new OverlayException(ErrorCodes.NotFound, $"no sandbox '{nameOrId}'");

    private static SandboxEntry Entry(SandboxDetails details) =>
        new() { Id = details.Sandbox.Id, Name = details.Sandbox.Name, Host = details.Sandbox.Host, Created = details.Sandbox.Created };
}
