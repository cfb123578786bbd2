using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Networks;
using Overlay.Core.Requests;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Networks;

/// <summary>What each command on a network changes. Pure.</summary>
internal static class NetworkDecisions
{
    private const int NamesInARefusal = 5;
    private const int BridgePorts = 1023;

    // A request that was sent in the last moment of its life may be that much longer on its way.
    private static readonly TimeSpan TombstonesKept = 2 * RequestId.Lifetime;

    public static Decision<NetworkState, bool> Initialize(NetworkState state, NetworkRecord spec) => state.Spec is not null
        ? Decision.Keep(state, false)
        : new(state with { Spec = spec }, true, [Decision.Put(Fields.Spec, spec)]);

    /// <param name="node">What the host needs on this network, when it needs something.</param>
    public static Decision<NetworkState, ConnectReply> Connect(
        NetworkState state, Moment moment, EndpointRecord draft, NodeRecord? node, DateTimeOffset? after)
    {
        var spec = RequireSpec(state);
        RefuseSecond(state, draft.Sandbox);
        RefuseBeyondPorts(state, spec, draft.Host);
        if (state.Tombstones.ContainsKey(draft.Id))
        {
            throw new RefusalException(
                ErrorCodes.Expired, $"this request was taken back, or took so long that its address was; connect {draft.SandboxName} with a new one");
        }
        if (Drivers.HasMacs(spec.Driver) && state.EndpointOfMac.TryGetValue(draft.Mac, out var other))
        {
            var twin = state.Endpoints[other];
            throw new RefusalException(
                ErrorCodes.AddressTaken,
                $"MAC address {draft.Mac} is taken by {twin.SandboxName} on network '{spec.Name}'; leave --mac-address out and one is chosen",
                ("address", draft.Mac.ToString()), ("holder", twin.SandboxName));
        }
        var created = after is { } earlier && earlier >= moment.Now ? earlier.AddTicks(1) : moment.Now;
        var endpoint = draft with { Created = created };
        var changes = ImmutableArray.Create(Decision.Put(Fields.Endpoint(endpoint.Id), endpoint));
        var next = state.With(endpoint);
        if (node is not null && !state.Nodes.ContainsKey(node.Host))
        {
            var claimed = NetworkLeases.OwnerOf(node.Host);
            next = next with { Nodes = next.Nodes.Add(node.Host, node), Leavings = next.Leavings.Remove(claimed) };
            changes = changes.Add(Decision.Put(Fields.Node(node.Host), node));
            if (state.Leavings.ContainsKey(claimed))
                changes = changes.Add(Decision.Delete(Fields.Leaving(claimed)));
        }
        return new(next, new ConnectReply { Endpoint = endpoint, Revision = moment.Revision }, changes);
    }

    /// <summary>A Linux bridge takes 1,023 ports (EXFULL after that), an overlay's VXLAN device being one of them; a
    /// parent in mode passthru takes one.</summary>
    public static void RefuseBeyondPorts(NetworkState state, NetworkRecord spec, string host)
    {
        if (spec.Options.GetValueOrDefault(DriverOptions.MacvlanMode) == "passthru" && state.Endpoints.Values.FirstOrDefault(e => e.Host == host) is { } holder)
        {
            throw new RefusalException(
                ErrorCodes.HostFull,
                $"macvlan in mode passthru gives '{spec.Options[DriverOptions.Parent]}' of host '{host}' to one sandbox, and {holder.SandboxName} has it on network '{spec.Name}'; use another host, or mode bridge",
                ("host", host), ("network", spec.Name), ("holder", holder.SandboxName));
        }
        var most = spec.Driver switch { Drivers.Bridge => BridgePorts, Drivers.Overlay => BridgePorts - 1, _ => int.MaxValue };
        if (state.Hosts.GetValueOrDefault(host) >= most)
        {
            throw new RefusalException(
                ErrorCodes.HostFull,
                $"host '{host}' has {most} sandboxes on network '{spec.Name}' already, and its bridge takes no more; use another host{(spec.Driver == Drivers.Bridge ? ", or another network" : "")}",
                ("host", host), ("network", spec.Name));
        }
    }

    public static Decision<NetworkState, RevisionReply> Disconnect(NetworkState state, Moment moment, ObjectId sandbox, bool force)
    {
        if (state.FindEndpoint(sandbox) is { } endpoint)
        {
            var (next, changes) = Leave(state, moment, endpoint);
            return new(next, Reply(moment.Revision), changes);
        }
        return force
            ? Decision.Keep(state, Reply(moment.Revision - 1))
            : throw new RefusalException(
                ErrorCodes.NotConnected,
                $"the sandbox is not connected to network '{RequireSpec(state).Name}'", ("network", RequireSpec(state).Name), ("sandbox", sandbox.ToString()));
    }

    /// <summary>The endpoint goes, or never comes: a commit of it that is still on its way is refused. Replies with the host that had it.</summary>
    public static Decision<NetworkState, string?> Abandon(NetworkState state, Moment moment, ObjectId id)
    {
        var endpoint = state.Endpoints.GetValueOrDefault(id);
        var (left, changes) = endpoint is null ? (state, []) : Leave(state, moment, endpoint);
        var buried = Bury(left, moment, [id]);
        return new(buried.Next, endpoint?.Host, [.. buried.Changes, .. changes]);
    }

    /// <summary>What left has been released.</summary>
    public static Decision<NetworkState, bool> Forget(NetworkState state, IEnumerable<LeavingRecord> left)
    {
        // A host that came and left again since then is another leaving under the same owner.
        var owners = left.Where(l => state.Leavings.GetValueOrDefault(l.Owner)?.Revision == l.Revision).Select(l => l.Owner).ToList();
        return new(state with { Leavings = state.Leavings.RemoveRange(owners) }, true, [.. owners.Select(o => Decision.Delete(Fields.Leaving(o)))]);
    }

    public static RefusalException StillHeld(LeavingRecord left, Address address) => new(
        ErrorCodes.AddressTaken,
        $"{address} is still on host '{left.Host}' as {left.Description}, which was removed: the host has not confirmed that it let go of it; "
            + $"start its overlayd, or if the host is gone for good: 'overlay host rm -f {left.Host}'",
        ("address", address.ToString()), ("holder", left.Description), ("host", left.Host));

    private static (NetworkState Next, ImmutableArray<FieldChange> Changes) Leave(NetworkState state, Moment moment, EndpointRecord endpoint)
    {
        var left = new LeavingRecord
        {
            Owner = NetworkLeases.OwnerOf(endpoint.Id),
            Endpoint = endpoint.Id,
            Sandbox = endpoint.Sandbox,
            Host = endpoint.Host,
            Addresses = endpoint.Addresses,
            Description = $"sandbox {endpoint.SandboxName}",
            Revision = moment.Revision,
            Since = moment.Now,
        };
        return (
            state.Without(endpoint) with { Leavings = state.Leavings.SetItem(left.Owner, left) },
            [Decision.Delete(Fields.Endpoint(endpoint.Id)), Decision.Put(Fields.Leaving(left.Owner), left)]);
    }

    /// <summary>The host has no endpoint left: what it needed on this network goes.</summary>
    /// <param name="claimed">The host claimed things that no node record tells of: a commit voids those claims' fences.</param>
    public static Decision<NetworkState, bool> RemoveNode(NetworkState state, Moment moment, string host, bool claimed)
    {
        if (state.Hosts.ContainsKey(host))
            return Decision.Keep(state, false);
        if (state.Spec is null || !(claimed || state.Nodes.ContainsKey(host)))
            return Decision.Keep(state, true);
        var owner = NetworkLeases.OwnerOf(host);
        // What it may still hold is let go only after this: the claim's fence is older.
        var left = state.Nodes.TryGetValue(host, out var node)
            ? new LeavingRecord { Owner = owner, Host = host, Addresses = node.Addresses, Description = "its own address", Revision = moment.Revision, Since = moment.Now }
            : state.Leavings.GetValueOrDefault(owner) is { } before ? before with { Revision = moment.Revision } : null;
        var next = state with { Nodes = state.Nodes.Remove(host) };
        return left is null
            ? new(next, true, [Decision.Delete(Fields.Node(host))])
            : new(next with { Leavings = next.Leavings.SetItem(owner, left) }, true, [Decision.Delete(Fields.Node(host)), Decision.Put(Fields.Leaving(owner), left)]);
    }

    public static Decision<NetworkState, RevisionReply> SetPolicy(NetworkState state, Moment moment, string name, NamePolicyRecord? policy)
    {
        RequireSpec(state);
        var key = ObjectName.Require("service", name).ToLowerInvariant();
        return policy is null
            ? new(state with { Policies = state.Policies.Remove(key) }, Reply(moment.Revision), [Decision.Delete(Fields.Name(key))])
            : new(state with { Policies = state.Policies.SetItem(key, policy) }, Reply(moment.Revision), [Decision.Put(Fields.Name(key), policy)]);
    }

    /// <summary>The tombstones of endpoints whose leases are about to be released; those past their time go.</summary>
    public static Decision<NetworkState, bool> Bury(NetworkState state, Moment moment, IReadOnlyCollection<ObjectId> endpoints)
    {
        if (state.Spec is null)
            return Decision.Keep(state, false);
        var old = state.Tombstones.Where(t => t.Value + TombstonesKept < moment.Now).Select(t => t.Key).ToList();
        var fresh = endpoints.Where(e => !state.Endpoints.ContainsKey(e) && !state.Tombstones.ContainsKey(e)).ToList();
        var record = new TombstoneRecord { Since = moment.Now };
        return new(
            state with { Tombstones = state.Tombstones.RemoveRange(old).AddRange(fresh.Select(e => KeyValuePair.Create(e, moment.Now))) },
            true,
            [.. old.Select(e => Decision.Delete(Fields.Tombstone(e))), .. fresh.Select(e => Decision.Put(Fields.Tombstone(e), record))]);
    }

    /// <summary>Replies with the names of the sandboxes that lose it.</summary>
    public static Decision<NetworkState, ImmutableArray<string>> Delete(NetworkState state, bool force)
    {
        ImmutableArray<string> all = [.. state.Endpoints.Values.Select(e => e.SandboxName).Order(StringComparer.Ordinal)];
        if (state.Spec is null)
            return Decision.Keep(state, all);
        if (all.IsEmpty || force)
            return new(NetworkState.Empty, all, [], EndsPartition: true);
        var names = all.Take(NamesInARefusal).ToList();
        var rest = all.Length - names.Count;
        throw new RefusalException(
            ErrorCodes.NetworkInUse,
            $"network '{state.Spec.Name}' has endpoints: {string.Join(", ", names)}{(rest > 0 ? $" and {rest} more" : "")}; disconnect or remove them first, or cut them off with --force",
            ("network", state.Spec.Name), ("endpoints", string.Join(",", names)), ("count", state.Endpoints.Count.ToString()));
    }

    public static void RefuseSecond(NetworkState state, ObjectId sandbox)
    {
        if (state.FindEndpoint(sandbox) is not { } existing)
            return;
        throw new RefusalException(
            ErrorCodes.AlreadyConnected,
            $"{existing.SandboxName} is connected to network '{RequireSpec(state).Name}' already, as {string.Join(" and ", existing.Addresses)}",
            ("network", RequireSpec(state).Name), ("sandbox", existing.SandboxName));
    }

    private static NetworkRecord RequireSpec(NetworkState state) => state.Spec
        ?? throw new RefusalException(ErrorCodes.NotFound, "the network was removed meanwhile; 'overlay network ls' shows what there is");

    private static RevisionReply Reply(ulong revision) => new() { Revision = revision };
}
