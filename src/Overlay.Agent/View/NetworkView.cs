using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.View;

/// <summary>One network, typed. Made again only where a field has changed, so that equal references mean 'no change'.</summary>
public sealed record NetworkView
{
    public required NetworkRecord Spec { get; init; }

    public ImmutableDictionary<ObjectId, EndpointRecord> Endpoints { get; init; } = ImmutableDictionary<ObjectId, EndpointRecord>.Empty;

    public ImmutableDictionary<string, NodeRecord> Nodes { get; init; } = ImmutableDictionary<string, NodeRecord>.Empty;

    public ImmutableDictionary<string, NamePolicyRecord> Policies { get; init; } = ImmutableDictionary<string, NamePolicyRecord>.Empty;

    public ObjectId Id => Spec.Id;

    /// <summary>Null while the partition has no specification: it is being made, or it is gone.</summary>
    public static NetworkView? From(PartitionState partition, PartitionState? before, NetworkView? view)
    {
        if (!partition.Fields.TryGetValue(Fields.Spec, out var spec))
            return null;
        var old = before?.Fields ?? ImmutableDictionary<string, byte[]>.Empty;
        var same = view is not null && old.TryGetValue(Fields.Spec, out var oldSpec) && ReferenceEquals(oldSpec, spec);
        var result = same ? view! : (view ?? new NetworkView { Spec = null! }) with { Spec = RecordCodec.Decode<NetworkRecord>(spec) };
        return result with
        {
            Endpoints = Records.Follow(result.Endpoints, Fields.EndpointPrefix, ObjectId.Parse, old, partition),
            Nodes = Records.Follow(result.Nodes, Fields.NodePrefix, host => host, old, partition),
            Policies = Records.Follow(result.Policies, Fields.NamePrefix, name => name, old, partition),
        };
    }
}

internal static class Records
{
    /// <summary>Decodes only what differs between two states of a partition.</summary>
    public static ImmutableDictionary<TKey, TRecord> Follow<TKey, TRecord>(
        ImmutableDictionary<TKey, TRecord> records, string prefix, Func<string, TKey> key, ImmutableDictionary<string, byte[]> before, PartitionState now)
        where TKey : notnull
        where TRecord : class
    {
        var result = records.ToBuilder();
        foreach (var field in now.CanDifferFrom(before).Where(f => f.StartsWith(prefix, StringComparison.Ordinal)))
        {
            if (!now.Fields.TryGetValue(field, out var bytes))
                result.Remove(key(field[prefix.Length..]));
            else if (!(before.TryGetValue(field, out var old) && old.AsSpan().SequenceEqual(bytes)))
                result[key(field[prefix.Length..])] = RecordCodec.Decode<TRecord>(bytes);
        }
        return result.ToImmutable();
    }
}
