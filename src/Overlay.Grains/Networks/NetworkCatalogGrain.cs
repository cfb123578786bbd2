using System.Collections.Immutable;
using Orleans.Concurrency;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ipam;
using Overlay.Core.Networks;
using Overlay.Core.Requests;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Networks;

/// <inheritdoc cref="INetworkCatalogGrain"/>
[Reentrant]
public sealed partial class NetworkCatalogGrain(GrainServices services) : PartitionGrain<CatalogState>(services), INetworkCatalogGrain
{
    private const string RemovalOfSandbox = "sandbox rm";

    protected override string PartitionName => Partitions.Catalog;

    public Task<ClusterRecord> GetCluster() => Task.FromResult(State.Cluster!);

    public async Task<NetworkRecord> CreateNetwork(Guid requestId, CreateNetwork request)
    {
        var draft = NetworkRules.Check(new NetworkRequest(
            request.Name, request.Driver,
            [.. request.Subnets.Select(s => new SubnetDraft(s.Prefix, s.Gateway, s.Range, s.Auxiliary))],
            request.Ipv6, request.Internal, request.Options));
        var avoid = draft.NeedsV4 || draft.NeedsV6 ? await TakenByHosts().ConfigureAwait(true) : PrefixSet.Empty;
        var id = RequestId.ObjectOf(requestId, "network");
        var network = await Partition.ExecuteOnce(requestId, $"network create {request.Name}", RecordJson.Default.NetworkRecord,
            (state, moment) => CatalogDecisions.CreateNetwork(state, moment, id, draft, request, avoid, Services.Options.Pools, Services.Random)).ConfigureAwait(true);
        // A late twin must not make the partition of a network that has gone since.
        if (!State.Networks.TryGetValue(network.Id, out var entry) || entry.Removing is not null)
        {
            throw new RefusalException(
                ErrorCodes.NotFound, $"network '{network.Name}' was made by this request and has been removed since", ("kind", "network"), ("asked", network.Name));
        }
        // Its own partition follows; were this cut short, the network would fetch it from here when it is first used.
        await Services.Retry(() => Network(network.Id).Initialize(network)).ConfigureAwait(true);
        return network;
    }

    public async Task<ImmutableArray<string>> RemoveNetwork(Guid requestId, string nameOrId, bool force)
    {
        var network = await Partition.ExecuteOnce(requestId, $"network rm {nameOrId}", RecordJson.Default.NetworkRecord,
            (state, moment) => CatalogDecisions.BeginRemoval(state, moment, nameOrId)).ConfigureAwait(true);
        return await EndRemoval(network, force, requestId).ConfigureAwait(true);
    }

    public Task<ImmutableArray<NetworkRecord>> ListNetworks() => Task.FromResult<ImmutableArray<NetworkRecord>>(
        [.. State.Networks.Values.Where(n => n.Removing is null).Select(n => n.Network).OrderBy(n => n.Name, StringComparer.Ordinal)]);

    public Task<NetworkRecord> FindNetwork(string nameOrId)
    {
        var entry = State.FindNetwork(nameOrId);
        return entry.Removing is null
            ? Task.FromResult(entry.Network)
            : throw new RefusalException(
                ErrorCodes.NotFound, $"network '{entry.Network.Name}' is being removed; make it anew when it is gone", ("kind", "network"), ("asked", nameOrId));
    }

    public async Task<SandboxEntry> ReserveSandbox(Guid requestId, string? name, string host)
    {
        var id = Services.Random.NewId();
        var entry = await Partition.ExecuteOnce(requestId, "sandbox create", RecordJson.Default.SandboxEntry,
            (state, moment) => CatalogDecisions.ReserveSandbox(state, moment, id, name, host, Services.Random)).ConfigureAwait(true);
        return State.Sandboxes.ContainsKey(entry.Id)
            ? entry
            : throw new RefusalException(
                ErrorCodes.NotFound, $"sandbox '{entry.Name}' was made by this request and has been removed since", ("kind", "sandbox"), ("asked", entry.Name));
    }

    public Task ReleaseSandbox(Guid requestId, SandboxEntry sandbox) =>
        Partition.ExecuteOnce(requestId, RemovalOfSandbox, RecordJson.Default.SandboxEntry, (state, _) => CatalogDecisions.ReleaseSandbox(state, sandbox.Id, sandbox));

    public Task<SandboxRemoval> FindForRemoval(Guid requestId, string nameOrId)
    {
        if (Partition.TryReplay(requestId, RemovalOfSandbox, RecordJson.Default.SandboxEntry, out var removed))
            return Task.FromResult(new SandboxRemoval(removed!, Done: true));
        RequestId.Require(requestId, Partition.Now);
        return Task.FromResult(new SandboxRemoval(State.FindSandbox(nameOrId), Done: false));
    }

    public Task AbandonSandbox(Guid requestId, ObjectId id) =>
        Partition.ExecuteAndForget(requestId, (state, _) => CatalogDecisions.ReleaseSandbox(state, id, true));

    public Task<ImmutableArray<ObjectId>> FindAbsent(ImmutableArray<ObjectId> sandboxes) =>
        Partition.Execute((state, _) => CatalogDecisions.FindAbsent(state, sandboxes));

    public Task<ImmutableArray<SandboxEntry>> ListSandboxes() => Task.FromResult<ImmutableArray<SandboxEntry>>(
        [.. State.Sandboxes.Values.OrderBy(s => s.Name, StringComparer.Ordinal)]);

    public Task<SandboxEntry> FindSandbox(string nameOrId) => Task.FromResult(State.FindSandbox(nameOrId));

    protected override CatalogState Read(ImmutableDictionary<string, byte[]> fields) => CatalogState.Read(fields);

    protected override async Task OnOpenedAsync()
    {
        var cluster = new ClusterRecord { Name = Services.Options.Cluster, Ula = RandomUla(), VxlanPort = Services.Options.VxlanPort };
        await Partition.Execute((state, moment) =>
            CatalogDecisions.Found(state, moment, cluster, Services.Options.Pools, Services.Random)).ConfigureAwait(true);
        this.RegisterGrainTimer(Audit, new GrainTimerCreationOptions(Services.Options.AuditInterval, Services.Options.AuditInterval) { Interleave = true });
    }

    /// <param name="requestId">A removal that is refused is forgotten: its twin begins anew.</param>
    private async Task<ImmutableArray<string>> EndRemoval(NetworkRecord network, bool force, Guid requestId)
    {
        ImmutableArray<string> cut;
        try
        {
            cut = await Services.Retry(() => Network(network.Id).Delete(force)).ConfigureAwait(true);
        }
        catch (Exception error) when (GrainCalls.IsRefusal(error))
        {
            await Partition.ExecuteAndForget(requestId, (state, _) => CatalogDecisions.KeepNetwork(state, network)).ConfigureAwait(true);
            throw;
        }
        // Again, for a network whose own end was cut short after its partition was gone.
        await Task.WhenAll(network.Subnets.Select(s =>
            Services.Retry(() => GrainFactory.GetGrain<ISubnetGrain>(s.Id.ToString()).Delete()))).ConfigureAwait(true);
        await Partition.Execute((state, _) => CatalogDecisions.EndRemoval(state, network.Id)).ConfigureAwait(true);
        return cut;
    }

    private async Task<PrefixSet> TakenByHosts()
    {
        var hosts = await Services.Retry(() => GrainFactory.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).List()).ConfigureAwait(true);
        return PrefixSet.Covering(hosts.SelectMany(h => h.Host.Routes
            .Append(new Prefix(h.Host.TunnelAddress, h.Host.TunnelAddress.Bits))
            .Select(prefix => (prefix, $"host {h.Host.Name}"))));
    }

    /// <summary>RFC 4193: fd, 40 random bits.</summary>
    private Prefix RandomUla()
    {
        Span<byte> bytes = stackalloc byte[16];
        Services.Random.Fill(bytes[1..6]);
        bytes[0] = 0xfd;
        return new Prefix(Address.FromBytes(bytes), 48);
    }

    private INetworkGrain Network(ObjectId id) => GrainFactory.GetGrain<INetworkGrain>(id.ToString());
}
