using System.Collections.Immutable;
using Orleans.Concurrency;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Networks;
using Overlay.Core.Requests;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosting;
using Overlay.Grains.Sandboxes;

namespace Overlay.Grains.Networks;

/// <inheritdoc cref="INetworkGrain"/>
[Reentrant]
public sealed partial class NetworkGrain(GrainServices services) : PartitionGrain<NetworkState>(services), INetworkGrain
{
    private readonly HostPresence _presence = new();
    private ImmutableHashSet<string> _members = [];
    private OrphanSearch _search = null!;

    protected override string PartitionName => Partitions.Network(Id);

    protected override bool IsFed => true;

    private ObjectId Id => ObjectId.Parse(this.GetPrimaryKeyString());

    public async Task Initialize(NetworkRecord network)
    {
        if (State.Spec is not null)
            return;
        await Task.WhenAll(network.Subnets.Select(subnet =>
            Services.Retry(() => GrainFactory.GetGrain<ISubnetGrain>(subnet.Id.ToString()).Initialize(subnet)))).ConfigureAwait(true);
        await Partition.Execute((state, _) => NetworkDecisions.Initialize(state, network)).ConfigureAwait(true);
    }

    public async Task<ConnectReply> Connect(Guid requestId, ConnectEndpoint request)
    {
        var call = $"network connect {request.Sandbox}";
        if (Partition.TryReplay(requestId, call, RecordJson.Default.ConnectReply, out var earlier))
            return earlier!;
        RequestId.Require(requestId, Partition.Now);
        var spec = await RequireSpec().ConfigureAwait(true);
        ConnectRules.Check(spec, request.Options);
        var leases = new NetworkLeases(GrainFactory, Services, spec);
        // The same for every retry: a retry finds the lease of the attempt that was cut short.
        var id = EndpointIdOf(requestId, request.Sandbox);
        var claimed = false;
        try
        {
            using var arrival = await _presence.Arrive(request.Host).ConfigureAwait(true);
            if (!State.Endpoints.ContainsKey(id))
            {
                NetworkDecisions.RefuseSecond(State, request.Sandbox);
                NetworkDecisions.RefuseBeyondPorts(State, spec, request.Host);
            }
            claimed = true;
            var node = await Settle(spec, leases, request.Host).ConfigureAwait(true);
            var endpoint = await Draft(spec, leases, id, request).ConfigureAwait(true);
            return await Partition.ExecuteOnce(requestId, call, RecordJson.Default.ConnectReply,
                (state, moment) => NetworkDecisions.Connect(state, moment, endpoint, node, request.After)).ConfigureAwait(true);
        }
        catch (Exception error) when (GrainCalls.IsRefusal(error))
        {
            if (claimed)
                await Quietly(GiveBack(leases, [id])).ConfigureAwait(true);
            await Depart(leases, request.Host, claimed).ConfigureAwait(true);
            throw;
        }
        catch (Exception)
        {
            // Leases may be held for an endpoint that never comes, unless a retry makes it.
            _audited = false;
            throw;
        }
    }

    public async Task<ulong> Disconnect(Guid requestId, ObjectId sandbox, bool force)
    {
        var spec = await RequireSpec().ConfigureAwait(true);
        var endpoint = State.FindEndpoint(sandbox);
        var reply = await Partition.ExecuteOnce(requestId, $"network disconnect {sandbox}", RecordJson.Default.RevisionReply,
            (state, moment) => NetworkDecisions.Disconnect(state, moment, sandbox, force)).ConfigureAwait(true);
        if (endpoint is not null && !State.Endpoints.ContainsKey(endpoint.Id))
            await Vacate(new NetworkLeases(GrainFactory, Services, spec), endpoint.Host).ConfigureAwait(true);
        return reply.Revision;
    }

    public async Task Abandon(Guid connectRequestId, ObjectId sandbox)
    {
        var leases = new NetworkLeases(GrainFactory, Services, await RequireSpec().ConfigureAwait(true));
        var id = EndpointIdOf(connectRequestId, sandbox);
        var host = await Partition.ExecuteAndForget(connectRequestId, (state, moment) => NetworkDecisions.Abandon(state, moment, id)).ConfigureAwait(true);
        if (host is not null)
            await Vacate(leases, host).ConfigureAwait(true);
        else
            await Quietly(leases.ReleaseEndpoint(id)).ConfigureAwait(true);
    }

    public Task<EndpointRecord?> FindEndpoint(ObjectId sandbox) => Task.FromResult(State.FindEndpoint(sandbox));

    public Task<ServiceNameDetails> FindName(string name) => Task.FromResult(new ServiceNameDetails
    {
        Policy = State.Policies.GetValueOrDefault(name) ?? new NamePolicyRecord { Name = name },
        Members = [.. State.Endpoints.Values.Where(e => e.Names.Contains(name, StringComparer.OrdinalIgnoreCase)).OrderBy(e => e.Created)],
    });

    public async Task<ulong> SetNamePolicy(Guid requestId, string name, NamePolicyRecord? policy)
    {
        var reply = await Partition.ExecuteOnce(requestId, $"name policy {name}", RecordJson.Default.RevisionReply,
            (state, moment) => NetworkDecisions.SetPolicy(state, moment, name, policy)).ConfigureAwait(true);
        return reply.Revision;
    }

    public async Task<ImmutableArray<string>> Delete(bool force)
    {
        var spec = State.Spec;
        var cut = await Partition.Execute((state, _) => NetworkDecisions.Delete(state, force)).ConfigureAwait(true);
        // All hosts, not only members: a connect or a removal that was cut short may have left a follower.
        var hosts = await Services.Retry(() => GrainFactory.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).List()).ConfigureAwait(true);
        await Task.WhenAll(
            [
                .. (spec?.Subnets ?? []).Select(s => Services.Retry(() => GrainFactory.GetGrain<ISubnetGrain>(s.Id.ToString()).Delete())),
                .. hosts.Select(h => Services.Retry(() => Roster(h.Host.Name).Unfollow(Id, HostPresence.ForGood))),
            ]).ConfigureAwait(true);
        DeactivateOnIdle();
        return cut;
    }

    protected override NetworkState Read(ImmutableDictionary<string, byte[]> fields) => NetworkState.Read(fields);

    protected override Task OnOpenedAsync()
    {
        _members = [.. State.Members];
        _search = new OrphanSearch(GrainFactory, Services);
        this.RegisterGrainTimer(Audit, new GrainTimerCreationOptions(Services.Options.AuditInterval, Services.Options.AuditInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    protected override void OnCommitted(FeedCursor cursor, IReadOnlyCollection<string> fields)
    {
        // Those who were members until now must hear that they are none any more.
        ImmutableHashSet<string> members = [.. State.Members];
        Hint(members.Union(_members), cursor.Revision);
        _members = members;
    }

    /// <summary>The specification; fetched from the catalog when its arrival here was cut short.</summary>
    private async Task<NetworkRecord> RequireSpec()
    {
        if (State.Spec is { } spec)
            return spec;
        var found = await Services.Retry(() => GrainFactory.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key).FindNetwork(Id.ToString())).ConfigureAwait(true);
        await Initialize(found).ConfigureAwait(true);
        return found;
    }

    /// <summary>Makes the host a follower, with node addresses where the driver has them; once per host.</summary>
    private async Task<NodeRecord?> Settle(NetworkRecord spec, NetworkLeases leases, string host)
    {
        if (State.Hosts.ContainsKey(host))
            return State.Nodes.GetValueOrDefault(host);
        var fence = Partition.Cursor.Revision;
        var follow = Services.Retry(() => Roster(host).Follow(Id, fence));
        if (spec.Driver != Drivers.Overlay)
        {
            await follow.ConfigureAwait(true);
            return null;
        }
        var addresses = leases.LeaseForNode(host, fence);
        await Task.WhenAll(follow, addresses).ConfigureAwait(true);
        return State.Nodes.GetValueOrDefault(host)
            ?? new NodeRecord { Host = host, Addresses = await addresses.ConfigureAwait(true), TunnelMac = Services.Random.NewMac() };
    }

    private async Task<EndpointRecord> Draft(NetworkRecord spec, NetworkLeases leases, ObjectId id, ConnectEndpoint request) => new()
    {
        Id = id,
        Sandbox = request.Sandbox,
        SandboxName = request.SandboxName,
        Host = request.Host,
        Addresses = await AfterHandover(request.Options, () =>
            leases.LeaseForEndpoint(id, $"sandbox {request.SandboxName} on {request.Host}", request.Options)).ConfigureAwait(true),
        Mac = Drivers.HasMacs(spec.Driver) ? request.Options.Mac ?? Services.Random.NewMac() : default,
        Names = ConnectRules.NamesOf(request),
        Aliases = request.Options.Aliases,
        GatewayPriority = request.Options.GatewayPriority,
        InterfaceName = EndpointOptions.Parse(request.Options.DriverOptions).InterfaceName,
        Sysctls = EndpointOptions.Parse(request.Options.DriverOptions).Sysctls is { IsEmpty: false } sysctls ? sysctls : null,
    };

    private ObjectId EndpointIdOf(Guid connectRequest, ObjectId sandbox) => RequestId.ObjectOf(connectRequest, $"endpoint/{Id}/{sandbox}");

    private IRosterGrain Roster(string host) => GrainFactory.GetGrain<IRosterGrain>(host);
}
