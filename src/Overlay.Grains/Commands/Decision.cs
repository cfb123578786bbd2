using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;

namespace Overlay.Grains.Commands;

/// <summary>When a decision is made.</summary>
/// <param name="Now">By the store's clock.</param>
/// <param name="Revision">That the partition will have when the decision is durable.</param>
public readonly record struct Moment(DateTimeOffset Now, ulong Revision);

/// <summary>What a command leads to, before it is durable: the next state, the answer, and the fields to store.</summary>
/// <param name="EndsPartition">Everything is deleted; <paramref name="Changes"/> is empty and the next state the one of no fields.</param>
public readonly record struct Decision<TState, TReply>(
    TState Next, TReply Reply, ImmutableArray<FieldChange> Changes, bool EndsPartition = false);

public static class Decision
{
    /// <summary>Nothing changes.</summary>
    public static Decision<TState, TReply> Keep<TState, TReply>(TState state, TReply reply) => new(state, reply, []);

    public static FieldChange Put<T>(string field, T record)
        where T : class => new(field, RecordCodec.Encode(record));

    public static FieldChange Delete(string field) => new(field, null);
}
