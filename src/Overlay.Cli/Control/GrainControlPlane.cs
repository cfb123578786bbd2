using System.Collections.Immutable;
using Overlay.Contracts.Client;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;

namespace Overlay.Cli.Control;

/// <summary>The cluster's grains, reached as an Orleans client.</summary>
internal sealed class GrainControlPlane(GrainCalls calls) : IControlPlane
{
    public static GrainControlPlane Of(OverlayContext context, TimeSpan timeout, TimeProvider time, WaitingNotice? notice) =>
        new(new GrainCalls((deadline, cancellation) => GrainConnection.OpenAsync(context, deadline, cancellation), timeout, time, notice));

    public Task<ImmutableArray<NetworkRecord>> ListNetworks(CancellationToken cancellation) =>
        calls.Ask((grains, _) => Catalog(grains).ListNetworks(), cancellation);

    public Task<NetworkRecord> CreateNetwork(CreateNetwork request, CancellationToken cancellation) =>
        calls.Ask((grains, id) => Catalog(grains).CreateNetwork(id, request), cancellation);

    public Task<ImmutableArray<string>> RemoveNetwork(string network, bool force, CancellationToken cancellation) =>
        calls.Ask((grains, id) => Catalog(grains).RemoveNetwork(id, network, force), cancellation);

    public async Task<NetworkDetails> InspectNetwork(string network, CancellationToken cancellation)
    {
        var record = await calls.Ask((grains, _) => Catalog(grains).FindNetwork(network), cancellation);
        return await calls.Ask((grains, _) => grains.GetGrain<INetworkGrain>(record.Id.ToString()).Inspect(), cancellation);
    }

    public async Task<ConnectReply> Connect(string network, string sandbox, ConnectOptions options, WaitMode wait, CancellationToken cancellation)
    {
        var entry = await FindSandbox(sandbox, cancellation);
        return await calls.Ask((grains, id) => Sandbox(grains, entry).Connect(id, network, options, wait), cancellation);
    }

    public Task Disconnect(string network, string sandbox, bool force, WaitMode wait, CancellationToken cancellation) =>
        Order(sandbox, (grain, id) => grain.Disconnect(id, network, force, wait), cancellation);

    public Task<SandboxDetails> CreateSandbox(CreateSandbox request, CancellationToken cancellation) =>
        // Its id is chosen by the catalog: until then the request id is the grain's key.
        calls.Ask((grains, id) => grains.GetGrain<ISandboxGrain>(id.ToString("N")).Create(id, request), cancellation);

    public Task<ImmutableArray<SandboxEntry>> ListSandboxes(CancellationToken cancellation) =>
        calls.Ask((grains, _) => Catalog(grains).ListSandboxes(), cancellation);

    public async Task<SandboxDetails> InspectSandbox(string sandbox, CancellationToken cancellation)
    {
        var entry = await FindSandbox(sandbox, cancellation);
        return await calls.Ask((grains, _) => Sandbox(grains, entry).Inspect(), cancellation);
    }

    public Task StartSandbox(string sandbox, WaitMode wait, CancellationToken cancellation) =>
        Order(sandbox, (grain, id) => grain.Start(id, wait), cancellation);

    public Task StopSandbox(string sandbox, WaitMode wait, CancellationToken cancellation) =>
        Order(sandbox, (grain, id) => grain.Stop(id, wait), cancellation);

    public Task RemoveSandbox(string sandbox, bool force, WaitMode wait, CancellationToken cancellation) =>
        Order(sandbox, (grain, id) => grain.Remove(id, force, wait), cancellation);

    public async Task<ImmutableArray<PublishedPort>> PublishPorts(
        string sandbox, ImmutableArray<PortRequest> ports, WaitMode wait, CancellationToken cancellation)
    {
        var entry = await FindSandbox(sandbox, cancellation);
        return await calls.Ask((grains, id) => Sandbox(grains, entry).PublishPorts(id, ports, wait), cancellation);
    }

    public async Task<ImmutableArray<PublishedPort>> UnpublishPorts(
        string sandbox, ImmutableArray<PortRequest> ports, WaitMode wait, CancellationToken cancellation)
    {
        var entry = await FindSandbox(sandbox, cancellation);
        return await calls.Ask((grains, id) => Sandbox(grains, entry).UnpublishPorts(id, ports, wait), cancellation);
    }

    public Task<LogPage> ReadLog(SandboxEntry sandbox, long offset, CancellationToken cancellation) =>
        calls.Ask((grains, _) => Host(grains, sandbox.Host).ReadLog(sandbox.Id, offset), cancellation);

    public Task<SandboxEntry> FindSandbox(string sandbox, CancellationToken cancellation) =>
        calls.Ask((grains, _) => Catalog(grains).FindSandbox(sandbox), cancellation);

    public Task<ImmutableArray<HostState>> ListHosts(CancellationToken cancellation) =>
        calls.Ask((grains, _) => Directory(grains).List(), cancellation);

    public Task DrainHost(string host, bool draining, CancellationToken cancellation) =>
        calls.Tell((grains, id) => Directory(grains).Drain(id, host, draining), cancellation);

    public Task<ImmutableArray<string>> RemoveHost(string host, bool force, CancellationToken cancellation) =>
        calls.Ask((grains, id) => Directory(grains).Remove(id, host, force), cancellation);

    public Task<HostState> FindHost(string host, CancellationToken cancellation) =>
        calls.Ask((grains, _) => Directory(grains).Find(host), cancellation);

    public Task<HostStatus> HostStatus(string host, CancellationToken cancellation) =>
        calls.Ask((grains, _) => Host(grains, host).Status(), cancellation);

    public Task<NameAnswer> QueryName(SandboxEntry sandbox, string name, string type, CancellationToken cancellation) =>
        calls.Ask((grains, _) => Host(grains, sandbox.Host).QueryName(sandbox.Id, name, type), cancellation);

    public Task<T> AskState<T>(Func<IStateGrain, Task<T>> question, CancellationToken cancellation) =>
        calls.Ask((grains, _) => question(grains.GetGrain<IStateGrain>(IStateGrain.Key)), cancellation);

    public Task WaitApplied(string host, NetworkRecord network, ulong revision, CancellationToken cancellation) =>
        calls.Tell(
            (grains, _) => Host(grains, host).WaitApplied([new(Partitions.Network(network.Id), revision)], sandbox: null, calls.Timeout),
            cancellation);

    public ValueTask DisposeAsync() => calls.DisposeAsync();

    private async Task Order(string sandbox, Func<ISandboxGrain, Guid, Task> order, CancellationToken cancellation)
    {
        var entry = await FindSandbox(sandbox, cancellation);
        await calls.Tell((grains, id) => order(Sandbox(grains, entry), id), cancellation);
    }

    private static INetworkCatalogGrain Catalog(IGrainFactory grains) => grains.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    private static IHostDirectoryGrain Directory(IGrainFactory grains) => grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key);

    private static IHostGrain Host(IGrainFactory grains, string host) => grains.GetGrain<IHostGrain>(host);

    private static ISandboxGrain Sandbox(IGrainFactory grains, SandboxEntry entry) => grains.GetGrain<ISandboxGrain>(entry.Id.ToString());
}
