using System.Text.Json.Serialization.Metadata;
using Overlay.Core.Requests;

namespace Overlay.Grains.Commands;

/// <summary>A command that waits for its batch.</summary>
internal interface ICommand<TState>
{
    /// <summary>Decides on the batch's copy. What it throws is this command's outcome and nobody else's.</summary>
    void Decide(Batch<TState> batch);

    /// <summary>The batch is durable: the outcome is told.</summary>
    void Complete();

    /// <summary>The batch is not durable, or perhaps.</summary>
    void Fail(Exception error);
}

internal abstract class Command<TState, TReply> : ICommand<TState>
{
    // Continuations run in the caller's context, never inside the commit loop.
    private readonly TaskCompletionSource<TReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TReply? _outcome;
    private Exception? _refusal;

    public Task<TReply> Reply => _reply.Task;

    public void Decide(Batch<TState> batch)
    {
        try
        {
            _outcome = DecideReply(batch);
        }
        catch (Exception error)
        {
            _refusal = error;
        }
    }

    // A refusal waits for the batch too: it may rest on what an earlier command of the same batch did.
    public void Complete()
    {
        if (_refusal is null)
            _reply.TrySetResult(_outcome!);
        else
            _reply.TrySetException(_refusal);
    }

    public void Fail(Exception error) => _reply.TrySetException(error);

    protected abstract TReply DecideReply(Batch<TState> batch);
}

/// <summary>A command that is idempotent by what it says.</summary>
internal sealed class PlainCommand<TState, TReply>(Func<TState, Moment, Decision<TState, TReply>> decide) : Command<TState, TReply>
{
    protected override TReply DecideReply(Batch<TState> batch) => batch.Apply(decide(batch.State, batch.Moment));
}

/// <summary>A command whose reply is stored with its effect, so that a retry gets the same reply and has no other effect.</summary>
internal sealed class OnceCommand<TState, TReply>(
    Guid request, string call, JsonTypeInfo<TReply> type, Func<TState, Moment, Decision<TState, TReply>> decide) : Command<TState, TReply>
{
    protected override TReply DecideReply(Batch<TState> batch)
    {
        RequestId.Require(request, batch.Moment.Now);
        if (batch.Replies.TryFind(request, call, type, out var earlier))
            return earlier!;
        batch.RequireRoomForReply();
        var reply = batch.Apply(decide(batch.State, batch.Moment));
        if (!batch.EndsPartition)
            batch.Keep(batch.Replies.Add(request, call, reply, type, batch.Moment.Now, out var kept), kept);
        return reply;
    }
}

/// <summary>A command that takes back an earlier one, and the memory of it.</summary>
internal sealed class ForgetCommand<TState, TReply>(Guid request, Func<TState, Moment, Decision<TState, TReply>> decide) : Command<TState, TReply>
{
    protected override TReply DecideReply(Batch<TState> batch)
    {
        var reply = batch.Apply(decide(batch.State, batch.Moment));
        batch.Keep(batch.Replies.Forget(request), Decision.Delete(Contracts.Records.Fields.Request(request)));
        return reply;
    }
}
