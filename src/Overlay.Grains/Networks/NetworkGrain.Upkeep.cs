using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Networks;

/// <content>What follows a command, and what a command that was cut short left behind.</content>
public sealed partial class NetworkGrain
{
    private static readonly TimeSpan AppliedDeadline = TimeSpan.FromMilliseconds(500);

    private bool _audited;

    public async Task<NetworkDetails> Inspect()
    {
        var spec = await RequireSpec().ConfigureAwait(true);
        var (state, cursor) = (State, Partition.Cursor);
        var leases = new NetworkLeases(GrainFactory, Services, spec);
        var usage = Task.WhenAll(spec.Subnets.Select(subnet => Services.Retry(() => leases.Subnet(subnet).Usage())));
        var applied = Task.WhenAll(state.Members.Order(StringComparer.Ordinal).Select(AppliedOn));
        await Task.WhenAll(usage, applied).ConfigureAwait(true);
        return new NetworkDetails
        {
            Network = spec,
            Revision = cursor.Revision,
            Endpoints = [.. state.Endpoints.Values.OrderBy(e => e.SandboxName, StringComparer.Ordinal)],
            Nodes = [.. state.Nodes.Values.OrderBy(n => n.Host, StringComparer.Ordinal)],
            Usage = [.. await usage.ConfigureAwait(true)],
            Applied = [.. await applied.ConfigureAwait(true)],
            Policies = [.. state.Policies.Values.OrderBy(p => p.Name, StringComparer.Ordinal)],
        };
    }

    private async Task<HostApplied> AppliedOn(string host)
    {
        if (!Services.Hosts.Contains(host))
            return new HostApplied { Host = host, Problem = "its overlayd is down" };
        try
        {
            var revision = await GrainFactory.GetGrain<IHostGrain>(host).AppliedRevision(PartitionName)
                .WaitAsync(AppliedDeadline, Services.Time).ConfigureAwait(true);
            return new HostApplied { Host = host, Revision = revision };
        }
        catch (Exception error)
        {
            return new HostApplied { Host = host, Problem = error is TimeoutException ? "its agent did not answer in time" : error.Message };
        }
    }

    /// <summary>What follows when an endpoint is gone. Nobody waits for its address: what counts is durable.</summary>
    private async Task Vacate(NetworkLeases leases, string host)
    {
        await Depart(leases, host).ConfigureAwait(true);
        _ = ReleaseLeft(host);
    }

    /// <summary>When a host's last endpoint is gone: its node record, its node addresses, its place in the roster.</summary>
    /// <param name="claimed">Also what a connect that failed has claimed for the host.</param>
    private Task Depart(NetworkLeases leases, string host, bool claimed = false) => State.Hosts.ContainsKey(host)
        ? Task.CompletedTask
        : _presence.Leave(host, async () =>
        {
            if (!await Partition.Execute((state, moment) => NetworkDecisions.RemoveNode(state, moment, host, claimed)).ConfigureAwait(true))
                return;
            // Nothing of a network that is gone can be claimed again.
            var fence = State.Spec is null ? HostPresence.ForGood : Partition.Cursor.Revision;
            if (!State.Leavings.ContainsKey(NetworkLeases.OwnerOf(host)))
                await Quietly(leases.ReleaseNode(host, fence)).ConfigureAwait(true);
            await Quietly(Services.Retry(() => Roster(host).Unfollow(Id, fence))).ConfigureAwait(true);
        });

    private async Task Audit(CancellationToken cancellation)
    {
        if (State.Spec is not { } spec)
            return;
        foreach (var host in State.Leavings.Values.Select(l => l.Host).Distinct().ToList())
            _ = ReleaseLeft(host);
        await Quietly(AuditEndpoints(spec)).ConfigureAwait(true);
        if (!_audited)
            await AuditUntilClean(spec).ConfigureAwait(true);
    }

    /// <summary>An endpoint whose sandbox is gone: its connect raced the removal, and nobody was left to take it back.</summary>
    private async Task AuditEndpoints(NetworkRecord spec)
    {
        var before = Partition.Now - Services.Options.AuditAge;
        var old = State.Endpoints.Values.Where(e => e.Created < before).ToList();
        var absent = await _search.FindAbsent([.. old.Select(e => e.Sandbox)]).ConfigureAwait(true);
        var leases = new NetworkLeases(GrainFactory, Services, spec);
        foreach (var ghost in old.Where(e => absent.Contains(e.Sandbox)))
        {
            LogGhost(Services.Log, Id, ghost.SandboxName);
            var host = await Partition.Execute((state, moment) => NetworkDecisions.Abandon(state, moment, ghost.Id)).ConfigureAwait(true);
            await Vacate(leases, host ?? ghost.Host).ConfigureAwait(true);
        }
    }

    /// <summary>Once per activation, for what its predecessor left, and again after each connect that was cut short.</summary>
    private async Task AuditUntilClean(NetworkRecord spec)
    {
        // First: a connect that is cut short while this looks wants another look.
        _audited = true;
        var isClean = false;
        try
        {
            isClean = await AuditLeases(spec).ConfigureAwait(true);
        }
        finally
        {
            _audited &= isClean;
        }
    }

    private async Task<bool> AuditLeases(NetworkRecord spec)
    {
        var leases = new NetworkLeases(GrainFactory, Services, spec);
        var all = await Task.WhenAll(spec.Subnets.Select(s => leases.Subnet(s).Leases())).ConfigureAwait(true);
        var held = all.SelectMany(l => l).Where(l => l.Released is null).ToList();
        var orphans = held.Where(IsOrphan).Select(l => l.Owner).Distinct().ToList();
        if (orphans.Count > 0)
            await ReleaseOrphans(leases, orphans).ConfigureAwait(true);
        foreach (var (subnet, lease) in spec.Subnets.Zip(all).SelectMany(s => s.Second.Select(l => (s.First, l))).Where(s => IsSurplus(s.l)))
            await Services.Retry(() => leases.Subnet(subnet).Release(lease.Owner, lease.Fence + 1)).ConfigureAwait(true);
        var nodes = held.Where(l => l.Owner.StartsWith(NetworkLeases.NodeOwner, StringComparison.Ordinal)).Select(l => l.Owner[NetworkLeases.NodeOwner.Length..]);
        var empty = State.Nodes.Keys.Union(nodes.Where(h => !State.Leavings.ContainsKey(NetworkLeases.OwnerOf(h))))
            .Where(h => !State.Hosts.ContainsKey(h)).ToList();
        foreach (var host in empty)
            await Depart(leases, host, claimed: true).ConfigureAwait(true);
        // Young leases without endpoint may be connects under way: the next round sees.
        return empty.Count == 0 && !held.Any(l => IsWithoutEndpoint(l) || !IsOld(l));
    }

    private bool IsOrphan(LeaseRecord lease) => IsOld(lease) && IsWithoutEndpoint(lease);

    /// <summary>
    /// A connect that was repeated may have leased in another subnet of the same family. The endpoint has what it was
    /// committed with.
    /// </summary>
    private bool IsSurplus(LeaseRecord lease) =>
        lease.Released is null && IsOld(lease)
        && EndpointOf(lease.Owner) is { } id && State.Endpoints.TryGetValue(id, out var endpoint) && !endpoint.Addresses.Contains(lease.Address);

    private bool IsOld(LeaseRecord lease) => lease.Granted + Services.Options.AuditAge < Partition.Now;

    private bool IsWithoutEndpoint(LeaseRecord lease) =>
        EndpointOf(lease.Owner) is { } endpoint && !State.Endpoints.ContainsKey(endpoint) && !State.Leavings.ContainsKey(lease.Owner);

    private static ObjectId? EndpointOf(string owner) =>
        owner.StartsWith(NetworkLeases.EndpointOwner, StringComparison.Ordinal)
        && ObjectId.TryParse(owner[NetworkLeases.EndpointOwner.Length..], out var endpoint) ? endpoint : null;

    private async Task ReleaseOrphans(NetworkLeases leases, List<string> owners)
    {
        var endpoints = owners.Select(o => EndpointOf(o)!.Value).ToImmutableArray();
        foreach (var endpoint in endpoints)
            LogOrphan(Services.Log, Id, endpoint);
        await GiveBack(leases, endpoints).ConfigureAwait(true);
    }

    /// <summary>
    /// Tombstones first: an endpoint's commit that is still on its way, from this activation or a paused one, is then
    /// refused or conflicts, and its address can be given to another.
    /// </summary>
    private async Task GiveBack(NetworkLeases leases, ImmutableArray<ObjectId> endpoints)
    {
        await Partition.Execute((state, moment) => NetworkDecisions.Bury(state, moment, endpoints)).ConfigureAwait(true);
        foreach (var endpoint in endpoints.Where(e => !State.Endpoints.ContainsKey(e)))
            await leases.ReleaseEndpoint(endpoint).ConfigureAwait(true);
    }

    /// <summary>For what the audit does again when it fails here.</summary>
    private async Task Quietly(Task task)
    {
        try
        {
            await task.ConfigureAwait(true);
        }
        catch (Exception error) when (GrainCalls.CanWait(error))
        {
            _audited = false;
            LogLeftForAudit(Services.Log, Id, error.Message);
        }
    }

    [LoggerMessage(11, LogLevel.Warning, "network {Network}: endpoint {Endpoint} never came, its address is released")]
    private static partial void LogOrphan(ILogger log, ObjectId network, ObjectId endpoint);

    [LoggerMessage(13, LogLevel.Warning, "network {Network}: sandbox '{Sandbox}' is gone, its endpoint and address are released")]
    private static partial void LogGhost(ILogger log, ObjectId network, string sandbox);

    [LoggerMessage(12, LogLevel.Warning, "network {Network}: left for the audit: {Problem}")]
    private static partial void LogLeftForAudit(ILogger log, ObjectId network, string problem);
}
