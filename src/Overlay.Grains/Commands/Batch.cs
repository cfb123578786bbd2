using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Core.Requests;

namespace Overlay.Grains.Commands;

/// <summary>Commands decided one after the other on a copy, to become durable together.</summary>
internal sealed class Batch<TState>(PartitionImage<TState> start, Moment moment, int mostReplies)
{
    private readonly Dictionary<string, byte[]?> _changes = [];

    public Moment Moment { get; } = moment;

    public TState State { get; private set; } = start.State;

    public Replies Replies { get; private set; } = start.Replies;

    public bool EndsPartition { get; private set; }

    public bool HasChanges => EndsPartition || _changes.Count > 0;

    public IReadOnlyDictionary<string, byte[]?> Changes => _changes;

    public TReply Apply<TReply>(Decision<TState, TReply> decision)
    {
        State = decision.Next;
        Record(decision.Changes.AsSpan());
        if (decision.EndsPartition)
        {
            EndsPartition = true;
            _changes.Clear();
            Replies = Replies.Empty;
        }
        return decision.Reply;
    }

    /// <summary>Room for one more reply; what is kept for retries is never dropped before its time.</summary>
    /// <exception cref="RefusalException">busy</exception>
    public void RequireRoomForReply()
    {
        if (Replies.Count < mostReplies)
            return;
        var purged = new List<FieldChange>();
        Keep(Replies.Purge(Moment.Now, 2, purged), [.. purged]);
        if (purged.Count > 0)
            return;
        throw new RefusalException(
            ErrorCodes.Busy,
            $"{mostReplies} requests were answered here within {RequestId.Lifetime.TotalMinutes:0} min, and their replies are kept for retries; try again when the first of them are forgotten");
    }

    public void Keep(Replies replies, params ReadOnlySpan<FieldChange> changes)
    {
        Replies = replies;
        Record(changes);
    }

    private void Record(ReadOnlySpan<FieldChange> changes)
    {
        foreach (var (field, value) in changes)
            _changes[field] = value;
    }
}
