using Overlay.Contracts.Grains;

namespace Overlay.Grains.Commands;

/// <summary>Commands decided one after the other on a copy, to become durable together.</summary>
internal sealed class Batch<TState>(PartitionImage<TState> start, Moment moment)
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
