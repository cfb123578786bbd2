using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ipam;
using Overlay.Core.Networks;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Networks;

/// <summary>What each command on the catalog changes. Pure.</summary>
internal static class CatalogDecisions
{
    /// <summary>A cluster's first moment: its identity, and the networks that every host has.</summary>
    public static Decision<CatalogState, bool> Found(CatalogState state, Moment moment, ClusterRecord cluster, IReadOnlyList<SubnetPool> pools, IRandom random)
    {
        if (state.Cluster is not null)
            return Decision.Keep(state, false);
        var next = state with { Cluster = cluster };
        var changes = ImmutableArray.CreateBuilder<FieldChange>();
        changes.Add(Decision.Put(Fields.Cluster, cluster));
        foreach (var name in Drivers.BuiltInNetworks)
        {
            var network = new NetworkRecord
            {
                Id = random.NewId(),
                Name = name,
                Driver = name,
                BuiltIn = true,
                Created = moment.Now,
                GatewayMac = random.NewMac(),
                Subnets = name == Drivers.Bridge ? [SubnetOf(SubnetDraft.Of(SubnetPicker.Pick(pools)), random)] : [],
            };
            var entry = new CatalogNetworkRecord { Network = network };
            next = next.With(entry);
            changes.Add(Decision.Put(Fields.Network(network.Id), entry));
        }
        return new(next, true, changes.ToImmutable());
    }

    /// <param name="avoid">Routes and tunnel addresses of hosts.</param>
    public static Decision<CatalogState, NetworkRecord> CreateNetwork(
        CatalogState state, Moment moment, ObjectId id, NetworkDraft draft, CreateNetwork request, PrefixSet avoid, IReadOnlyList<SubnetPool> pools, IRandom random)
    {
        RequireFree("network", draft.Name, state.NetworkNames, "overlay network ls");
        foreach (var subnet in draft.Subnets)
            RequireNoOverlap(state, subnet.Prefix);
        var subnets = draft.Subnets;
        if (draft.NeedsV4)
            subnets = subnets.Insert(0, SubnetRules.WithGateway(SubnetDraft.Of(SubnetPicker.Pick(pools, state.Subnets, avoid))));
        if (draft.NeedsV6)
            subnets = subnets.Add(SubnetRules.WithGateway(SubnetDraft.Of(SubnetPicker.Pick([SubnetPool.OfUla(state.Cluster!.Ula)], state.Subnets, avoid))));
        var vni = 0;
        var vnis = draft.Driver == Drivers.Overlay ? state.Vnis.Take(draft.Vni, draft.Name, out vni) : state.Vnis;
        var network = new NetworkRecord
        {
            Id = id,
            Name = draft.Name,
            Driver = draft.Driver,
            Vni = vni,
            Mtu = draft.Mtu,
            Internal = request.Internal,
            Ipv6 = draft.Ipv6,
            Subnets = [.. subnets.Select(s => SubnetOf(s, random))],
            Options = draft.Options,
            Labels = request.Labels,
            Created = moment.Now,
            GatewayMac = random.NewMac(),
        };
        var entry = new CatalogNetworkRecord { Network = network };
        var cluster = state.Cluster! with { NextVni = vnis.Next };
        var next = (state with { Vnis = vnis, Cluster = cluster }).With(entry);
        return cluster == state.Cluster
            ? new(next, network, [Decision.Put(Fields.Network(id), entry)])
            : new(next, network, [Decision.Put(Fields.Network(id), entry), Decision.Put(Fields.Cluster, cluster)]);
    }

    /// <summary>Nothing connects to it from here on; <see cref="EndRemoval"/> follows, or <see cref="KeepNetwork"/>.</summary>
    public static Decision<CatalogState, NetworkRecord> BeginRemoval(CatalogState state, Moment moment, string nameOrId)
    {
        var entry = state.FindNetwork(nameOrId);
        if (entry.Network.BuiltIn)
        {
            throw new RefusalException(
                ErrorCodes.NotRemovable, $"network '{entry.Network.Name}' is built in and cannot be removed", ("network", entry.Network.Name));
        }
        return Mark(state, entry, moment.Now);
    }

    public static Decision<CatalogState, NetworkRecord> KeepNetwork(CatalogState state, NetworkRecord network) =>
        state.Networks.TryGetValue(network.Id, out var entry) ? Mark(state, entry, null) : Decision.Keep(state, network);

    public static Decision<CatalogState, bool> EndRemoval(CatalogState state, ObjectId network) => state.Networks.TryGetValue(network, out var entry)
        ? new(state.Without(entry.Network), true, [Decision.Delete(Fields.Network(network))])
        : Decision.Keep(state, false);

    public static Decision<CatalogState, SandboxEntry> ReserveSandbox(CatalogState state, Moment moment, ObjectId id, string? name, string host, IRandom random)
    {
        if (name is not null)
        {
            ObjectName.RequireUnlikeId("sandbox", name);
            RequireFree("sandbox", name, state.SandboxNames, "overlay sandbox ls");
        }
        var entry = new SandboxEntry
        {
            Id = id,
            Name = name ?? ChosenName.For(random, state.SandboxNames.ContainsKey),
            Host = host,
            Created = moment.Now,
        };
        return new(state.With(entry), entry, [Decision.Put(Fields.Sandbox(id), entry)]);
    }

    public static Decision<CatalogState, TReply> ReleaseSandbox<TReply>(CatalogState state, ObjectId id, TReply reply) =>
        state.Sandboxes.TryGetValue(id, out var entry)
            ? new(state.Without(entry), reply, [Decision.Delete(Fields.Sandbox(id))])
            : Decision.Keep(state, reply);

    /// <summary>Those that are not there; a commit shows that nobody has added them meanwhile.</summary>
    public static Decision<CatalogState, ImmutableArray<ObjectId>> FindAbsent(CatalogState state, ImmutableArray<ObjectId> sandboxes)
    {
        ImmutableArray<ObjectId> absent = [.. sandboxes.Where(s => !state.Sandboxes.ContainsKey(s))];
        return new(state, absent, [.. absent.Select(s => Decision.Delete(Fields.Sandbox(s)))]);
    }

    private static Decision<CatalogState, NetworkRecord> Mark(CatalogState state, CatalogNetworkRecord entry, DateTimeOffset? removing)
    {
        if (entry.Removing.HasValue == removing.HasValue)
            return Decision.Keep(state, entry.Network);
        var marked = entry with { Removing = removing };
        return new(state.With(marked), entry.Network, [Decision.Put(Fields.Network(entry.Network.Id), marked)]);
    }

    private static void RequireFree(string kind, string name, ImmutableDictionary<string, ObjectId> taken, string list)
    {
        if (!taken.TryGetValue(name, out var holder))
            return;
        throw new RefusalException(
            ErrorCodes.NameTaken,
            $"{kind} name '{name}' is taken by {holder.Short}; choose another, or remove that one ('{list}')",
            ("kind", kind), ("name", name), ("holder", holder.ToString()));
    }

    private static void RequireNoOverlap(CatalogState state, Prefix prefix)
    {
        if (state.Subnets.FindOverlap(prefix) is not { } other)
            return;
        throw new RefusalException(
            ErrorCodes.SubnetOverlap,
            $"{prefix} overlaps {other.Prefix} of network '{other.Label}'; choose another, or leave --subnet out and a free one is chosen",
            ("subnet", prefix.ToString()), ("other", other.Prefix.ToString()), ("network", other.Label));
    }

    private static SubnetRecord SubnetOf(SubnetDraft draft, IRandom random)
    {
        var complete = SubnetRules.WithGateway(draft);
        return new SubnetRecord
        {
            Id = random.NewId(),
            Prefix = complete.Prefix,
            Gateway = complete.Gateway,
            Range = complete.Range,
            Auxiliary = complete.Auxiliary,
        };
    }
}
