using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Fabric;
using Overlay.Core.Ipam;

namespace Overlay.Grains.Networks;

/// <summary>Names, subnets and VNIs that are taken in the cluster.</summary>
public sealed record CatalogState
{
    public static readonly CatalogState Empty = new();

    public ClusterRecord? Cluster { get; init; }

    public ImmutableDictionary<ObjectId, CatalogNetworkRecord> Networks { get; private init; } = ImmutableDictionary<ObjectId, CatalogNetworkRecord>.Empty;

    public ImmutableDictionary<string, ObjectId> NetworkNames { get; private init; } = ImmutableDictionary<string, ObjectId>.Empty;

    public ImmutableDictionary<ObjectId, SandboxEntry> Sandboxes { get; private init; } = ImmutableDictionary<ObjectId, SandboxEntry>.Empty;

    public ImmutableDictionary<string, ObjectId> SandboxNames { get; private init; } = ImmutableDictionary<string, ObjectId>.Empty;

    public PrefixSet Subnets { get; private init; } = PrefixSet.Empty;

    public VniPool Vnis { get; init; } = VniPool.Create([]);

    public static CatalogState Read(ImmutableDictionary<string, byte[]> fields)
    {
        var state = Empty;
        foreach (var (field, bytes) in fields)
        {
            if (field == Fields.Cluster)
                state = state with { Cluster = RecordCodec.Decode<ClusterRecord>(bytes) };
            else if (field.StartsWith(Fields.NetworkPrefix, StringComparison.Ordinal))
                state = state.With(RecordCodec.Decode<CatalogNetworkRecord>(bytes));
            else if (field.StartsWith(Fields.SandboxPrefix, StringComparison.Ordinal))
                state = state.With(RecordCodec.Decode<SandboxEntry>(bytes));
        }
        var vnis = state.Networks.Values.Where(n => n.Network.Vni != 0).Select(n => KeyValuePair.Create(n.Network.Vni, n.Network.Name));
        return state with { Vnis = VniPool.Create(vnis, state.Cluster?.NextVni ?? 0) };
    }

    /// <summary>Adds or replaces a network; its VNI is taken beforehand.</summary>
    public CatalogState With(CatalogNetworkRecord entry)
    {
        var known = Networks.ContainsKey(entry.Network.Id);
        return this with
        {
            Networks = Networks.SetItem(entry.Network.Id, entry),
            NetworkNames = NetworkNames.SetItem(entry.Network.Name, entry.Network.Id),
            Subnets = known ? Subnets : entry.Network.Subnets.Aggregate(Subnets, (set, subnet) => set.Add(subnet.Prefix, entry.Network.Name)),
        };
    }

    public CatalogState Without(NetworkRecord network) => this with
    {
        Networks = Networks.Remove(network.Id),
        NetworkNames = NetworkNames.Remove(network.Name),
        Subnets = network.Subnets.Aggregate(Subnets, (set, subnet) => set.Remove(subnet.Prefix)),
        Vnis = network.Vni == 0 ? Vnis : Vnis.Return(network.Vni),
    };

    public CatalogState With(SandboxEntry entry) => this with
    {
        Sandboxes = Sandboxes.SetItem(entry.Id, entry),
        SandboxNames = SandboxNames.SetItem(entry.Name, entry.Id),
    };

    public CatalogState Without(SandboxEntry entry) => this with
    {
        Sandboxes = Sandboxes.Remove(entry.Id),
        SandboxNames = SandboxNames.Remove(entry.Name),
    };

    public CatalogNetworkRecord FindNetwork(string nameOrId) =>
        NetworkNames.TryGetValue(nameOrId, out var id) ? Networks[id] : FindById("network", nameOrId, Networks, NetworkNames.Keys, "overlay network ls");

    public SandboxEntry FindSandbox(string nameOrId) =>
        SandboxNames.TryGetValue(nameOrId, out var id) ? Sandboxes[id] : FindById("sandbox", nameOrId, Sandboxes, SandboxNames.Keys, "overlay sandbox ls");

    private static T FindById<T>(string kind, string asked, ImmutableDictionary<ObjectId, T> objects, IEnumerable<string> names, string list)
    {
        if (ObjectId.TryParse(asked, out var whole) && objects.TryGetValue(whole, out var exact))
            return exact;
        var matches = asked.Length > 0 ? objects.Where(o => o.Key.ToString().StartsWith(asked, StringComparison.Ordinal)).Take(3).ToList() : [];
        if (matches.Count == 1)
            return matches[0].Value;
        if (matches.Count > 1)
        {
            var ids = string.Join(", ", matches.Select(m => m.Key.Short));
            throw new RefusalException(
                ErrorCodes.Ambiguous, $"'{asked}' begins the id of more than one {kind} ({ids}); give more of it", ("kind", kind), ("asked", asked), ("ids", ids));
        }
        throw new RefusalException(
            ErrorCodes.NotFound,
            $"no {kind} '{asked}'{NearestName.Hint(asked, names)}; '{list}' shows what there is",
            ("kind", kind), ("asked", asked), ("nearest", NearestName.Of(asked, names) ?? ""));
    }
}
