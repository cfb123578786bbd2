using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;

namespace Overlay.Grains.Recovery;

/// <summary>What hosts hold, laid over what the store has. Pure.</summary>
/// <remarks>
/// A partition has one history, and a feed is complete: of two views the one with the higher revision is the whole truth
/// about what agents follow (hosts, rosters, networks). Catalog and leases nobody follows; they are made whole from
/// those: a network's spec is in its partition, an endpoint names its addresses.
/// </remarks>
internal sealed class Healing
{
    private readonly Dictionary<string, ImmutableDictionary<string, byte[]>> _fields;
    private readonly List<string> _contradictions = [];

    private Healing(IReadOnlyDictionary<string, PartitionCopy> stored) =>
        _fields = stored.ToDictionary(p => p.Key, p => p.Value.Fields);

    /// <param name="Revisions">Of the partitions that hosts hold newer than the store: they must come out above.</param>
    public sealed record Plan(
        ImmutableDictionary<string, ImmutableDictionary<string, byte[]>> Fields, ImmutableDictionary<string, ulong> Revisions,
        ImmutableArray<string> Contradictions);

    public static Plan Of(IReadOnlyDictionary<string, PartitionCopy> stored, IReadOnlyDictionary<string, ImmutableArray<PartitionCopy>> claims)
    {
        var healing = new Healing(stored);
        var revisions = healing.TakeNewer(stored, claims);
        healing.CompleteCatalog();
        healing.CompleteLeases();
        var changed = healing._fields.Where(p => !Same(p.Value, stored.GetValueOrDefault(p.Key)?.Fields));
        return new(changed.ToImmutableDictionary(), revisions, [.. healing._contradictions]);
    }

    private ImmutableDictionary<string, ulong> TakeNewer(
        IReadOnlyDictionary<string, PartitionCopy> stored, IReadOnlyDictionary<string, ImmutableArray<PartitionCopy>> claims)
    {
        var revisions = ImmutableDictionary.CreateBuilder<string, ulong>();
        var relevant = claims.SelectMany(c => Relevant(stored, c.Key, c.Value).Select(claim => (Host: c.Key, Claim: claim)));
        foreach (var group in relevant.GroupBy(c => c.Claim.Name))
        {
            var (host, newest) = group.MaxBy(c => c.Claim.Cursor.Revision);
            var known = stored.GetValueOrDefault(group.Key)?.Cursor ?? default;
            var parted = group.FirstOrDefault(c => c.Claim.Cursor.Revision == newest.Cursor.Revision && c.Claim.Cursor != newest.Cursor);
            if (parted.Claim is not null)
                _contradictions.Add($"{group.Key}: {host} and {parted.Host} hold different histories of revision {newest.Cursor.Revision}; neither was taken");
            else if (newest.Cursor.Revision == known.Revision && newest.Cursor != known)
                _contradictions.Add($"{group.Key}: {host} holds another history of revision {known.Revision} than the store");
            else if (newest.Cursor.Revision > known.Revision)
            {
                _fields[group.Key] = newest.Fields.AddRange((stored.GetValueOrDefault(group.Key)?.Fields ?? newest.Fields.Clear())
                    .Where(f => f.Key.StartsWith(Fields.RequestPrefix, StringComparison.Ordinal)));
                revisions[group.Key] = newest.Cursor.Revision;
            }
        }
        return revisions.ToImmutable();
    }

    // A host that was removed, or a network, is still held by who has not heard of it yet: that is no loss.
    private static IEnumerable<PartitionCopy> Relevant(
        IReadOnlyDictionary<string, PartitionCopy> stored, string host, ImmutableArray<PartitionCopy> claims)
    {
        bool IsNewer(string name) => claims.FirstOrDefault(c => c.Name == name) is { } claim
            && claim.Cursor.Revision > (stored.GetValueOrDefault(name)?.Cursor.Revision ?? 0);
        if (!IsNewer(Partitions.Hosts) && stored.GetValueOrDefault(Partitions.Hosts)?.Fields.ContainsKey(Fields.Host(host)) != true)
            return [];
        var catalog = stored.GetValueOrDefault(Partitions.Catalog)?.Fields;
        return claims.Where(claim => !claim.Name.StartsWith("network/", StringComparison.Ordinal)
            || IsNewer(Partitions.Roster(host))
            || (stored.ContainsKey(claim.Name) && catalog?.ContainsKey(claim.Name) == true));
    }

    private void CompleteCatalog()
    {
        var catalog = _fields.GetValueOrDefault(Partitions.Catalog) ?? ImmutableDictionary<string, byte[]>.Empty;
        var networks = Decode<CatalogNetworkRecord>(catalog, Fields.NetworkPrefix).ToDictionary(n => n.Network.Name, n => n.Network);
        foreach (var spec in Specs().Where(s => !catalog.ContainsKey(Fields.Network(s.Id))))
        {
            var holder = networks.Values.FirstOrDefault(n => n.Name == spec.Name || (n.Vni != 0 && n.Vni == spec.Vni)
                || n.Subnets.Any(a => spec.Subnets.Any(b => a.Prefix.Overlaps(b.Prefix))));
            if (holder is not null)
            {
                _contradictions.Add($"network {spec.Name} ({spec.Id.Short}): its name, VNI or subnet is also that of {holder.Name} ({holder.Id.Short})");
                continue;
            }
            networks[spec.Name] = spec;
            catalog = catalog.SetItem(Fields.Network(spec.Id), RecordCodec.Encode(new CatalogNetworkRecord { Network = spec }));
        }
        var names = Decode<SandboxEntry>(catalog, Fields.SandboxPrefix).ToDictionary(s => s.Name, s => s.Id);
        foreach (var box in Of("roster/").SelectMany(r => Decode<SandboxRecord>(r.Value, Fields.SandboxPrefix)))
        {
            if (catalog.ContainsKey(Fields.Sandbox(box.Id)))
                continue;
            if (!names.TryAdd(box.Name, box.Id))
            {
                _contradictions.Add($"sandbox {box.Name} ({box.Id.Short}) of {box.Host}: its name is also that of {names[box.Name].Short}");
                continue;
            }
            catalog = catalog.SetItem(Fields.Sandbox(box.Id), RecordCodec.Encode(new SandboxEntry { Id = box.Id, Name = box.Name, Host = box.Host, Created = box.Created }));
        }
        if (!catalog.IsEmpty)
            _fields[Partitions.Catalog] = catalog;
    }

    private void CompleteLeases()
    {
        foreach (var (name, network) in Of("network/"))
        {
            if (!network.TryGetValue(Fields.Spec, out var bytes))
                continue;
            var spec = RecordCodec.Decode<NetworkRecord>(bytes);
            var held = Decode<EndpointRecord>(network, Fields.EndpointPrefix)
                .SelectMany(e => e.Addresses.Select(a => (Address: a, Owner: $"endpoint:{e.Id}", Description: $"{e.SandboxName} on {e.Host}")))
                .Concat(Decode<NodeRecord>(network, Fields.NodePrefix).SelectMany(n => n.Addresses.Select(a => (Address: a, Owner: $"node:{n.Host}", Description: $"host {n.Host}"))))
                .Concat(Decode<LeavingRecord>(network, Fields.LeavingPrefix).SelectMany(l => l.Addresses.Select(a => (Address: a, l.Owner, Description: $"{l.Description} on {l.Host}, removed"))))
                .ToList();
            foreach (var twice in held.GroupBy(h => h.Address).Where(g => g.Count() > 1))
                _contradictions.Add($"{name}: {twice.Key} is held by {string.Join(" and ", twice.Select(h => h.Description))}");
            var owners = held.Select(h => h.Owner).ToHashSet();
            foreach (var subnet in spec.Subnets)
                CompleteLeases(subnet, held.Where(h => subnet.Prefix.Contains(h.Address)), owners);
        }
    }

    private void CompleteLeases(SubnetRecord subnet, IEnumerable<(Core.Addressing.Address Address, string Owner, string Description)> held, HashSet<string> owners)
    {
        var name = Partitions.Subnet(subnet.Id);
        var fields = _fields.GetValueOrDefault(name) ?? ImmutableDictionary<string, byte[]>.Empty;
        if (!fields.ContainsKey(Fields.Spec))
            fields = fields.SetItem(Fields.Spec, RecordCodec.Encode(subnet));
        foreach (var (address, owner, description) in held)
        {
            var lease = fields.TryGetValue(Fields.Lease(address), out var bytes) ? RecordCodec.Decode<LeaseRecord>(bytes) : null;
            if (lease is { Released: null } && lease.Owner == owner)
                continue;
            if (lease is { Released: null } && owners.Contains(lease.Owner))
                _contradictions.Add($"{address}: held by {description}, and leased to {lease.Owner}");
            else
                fields = fields.SetItem(Fields.Lease(address), RecordCodec.Encode(new LeaseRecord { Address = address, Owner = owner, Description = description, Granted = lease?.Granted ?? default }));
        }
        _fields[name] = fields;
    }

    private IEnumerable<NetworkRecord> Specs() => Of("network/")
        .Where(n => n.Value.ContainsKey(Fields.Spec)).Select(n => RecordCodec.Decode<NetworkRecord>(n.Value[Fields.Spec]));

    private List<KeyValuePair<string, ImmutableDictionary<string, byte[]>>> Of(string prefix) =>
        [.. _fields.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(p => p.Key, StringComparer.Ordinal)];

    private static IEnumerable<T> Decode<T>(ImmutableDictionary<string, byte[]> fields, string prefix)
        where T : class =>
        fields.Where(f => f.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(f => RecordCodec.Decode<T>(f.Value));

    private static bool Same(ImmutableDictionary<string, byte[]> a, ImmutableDictionary<string, byte[]>? b) =>
        b is not null && a.Count == b.Count && a.All(f => b.TryGetValue(f.Key, out var value) && value.AsSpan().SequenceEqual(f.Value));
}
