using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Grains.Networks;

/// <summary>A network: its specification (null: not made yet, or gone), who is on it, and what follows from that.</summary>
public sealed record NetworkState
{
    public static readonly NetworkState Empty = new();

    public NetworkRecord? Spec { get; init; }

    public ImmutableDictionary<ObjectId, EndpointRecord> Endpoints { get; private init; } = ImmutableDictionary<ObjectId, EndpointRecord>.Empty;

    public ImmutableDictionary<ObjectId, ObjectId> EndpointOfSandbox { get; private init; } = ImmutableDictionary<ObjectId, ObjectId>.Empty;

    public ImmutableDictionary<MacAddress, ObjectId> EndpointOfMac { get; private init; } = ImmutableDictionary<MacAddress, ObjectId>.Empty;

    /// <summary>How many endpoints each host has; no host with none.</summary>
    public ImmutableDictionary<string, int> Hosts { get; private init; } = ImmutableDictionary<string, int>.Empty;

    public ImmutableDictionary<string, NodeRecord> Nodes { get; init; } = ImmutableDictionary<string, NodeRecord>.Empty;

    public ImmutableDictionary<string, NamePolicyRecord> Policies { get; init; } =
        ImmutableDictionary<string, NamePolicyRecord>.Empty.WithComparers(StringComparer.OrdinalIgnoreCase);

    public ImmutableDictionary<ObjectId, DateTimeOffset> Tombstones { get; init; } = ImmutableDictionary<ObjectId, DateTimeOffset>.Empty;

    /// <summary>By owner of the lease: what was removed and may still be in its host's kernel.</summary>
    public ImmutableDictionary<string, LeavingRecord> Leavings { get; init; } = ImmutableDictionary<string, LeavingRecord>.Empty;

    /// <summary>Hosts that must know of changes.</summary>
    public IEnumerable<string> Members => Hosts.Keys.Union(Nodes.Keys);

    public static NetworkState Read(ImmutableDictionary<string, byte[]> fields)
    {
        var state = Empty;
        foreach (var (field, bytes) in fields)
        {
            if (field == Fields.Spec)
                state = state with { Spec = RecordCodec.Decode<NetworkRecord>(bytes) };
            else if (field.StartsWith(Fields.EndpointPrefix, StringComparison.Ordinal))
                state = state.With(RecordCodec.Decode<EndpointRecord>(bytes));
            else if (field.StartsWith(Fields.NodePrefix, StringComparison.Ordinal))
                state = state with { Nodes = state.Nodes.Add(field[Fields.NodePrefix.Length..], RecordCodec.Decode<NodeRecord>(bytes)) };
            else if (field.StartsWith(Fields.NamePrefix, StringComparison.Ordinal))
                state = state with { Policies = state.Policies.Add(field[Fields.NamePrefix.Length..], RecordCodec.Decode<NamePolicyRecord>(bytes)) };
            else if (field.StartsWith(Fields.TombstonePrefix, StringComparison.Ordinal))
                state = state with { Tombstones = state.Tombstones.Add(ObjectId.Parse(field[Fields.TombstonePrefix.Length..]), RecordCodec.Decode<TombstoneRecord>(bytes).Since) };
            else if (field.StartsWith(Fields.LeavingPrefix, StringComparison.Ordinal))
                state = state with { Leavings = state.Leavings.Add(field[Fields.LeavingPrefix.Length..], RecordCodec.Decode<LeavingRecord>(bytes)) };
        }
        return state;
    }

    public EndpointRecord? FindEndpoint(ObjectId sandbox) =>
        EndpointOfSandbox.TryGetValue(sandbox, out var id) ? Endpoints[id] : null;

    public NetworkState With(EndpointRecord endpoint) => this with
    {
        Endpoints = Endpoints.Add(endpoint.Id, endpoint),
        EndpointOfSandbox = EndpointOfSandbox.Add(endpoint.Sandbox, endpoint.Id),
        EndpointOfMac = EndpointOfMac.SetItem(endpoint.Mac, endpoint.Id),
        Hosts = Hosts.SetItem(endpoint.Host, Hosts.GetValueOrDefault(endpoint.Host) + 1),
    };

    public NetworkState Without(EndpointRecord endpoint) => this with
    {
        Endpoints = Endpoints.Remove(endpoint.Id),
        EndpointOfSandbox = EndpointOfSandbox.Remove(endpoint.Sandbox),
        EndpointOfMac = EndpointOfMac.Remove(endpoint.Mac),
        Hosts = Hosts[endpoint.Host] == 1 ? Hosts.Remove(endpoint.Host) : Hosts.SetItem(endpoint.Host, Hosts[endpoint.Host] - 1),
    };
}
