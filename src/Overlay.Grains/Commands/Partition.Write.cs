using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Grains.Store;

namespace Overlay.Grains.Commands;

/// <content>The way of one batch into the store.</content>
public sealed partial class Partition<TState>
{
    private async Task Write(List<ICommand<TState>> commands)
    {
        if (_lost is not null)
            throw _lost;
        if (_inDoubt is not null)
            await Verify().ConfigureAwait(true);
        var batch = new Batch<TState>(_image, new Moment(Now, _image.Cursor.Revision + 1), _definition.MostReplies);
        var decided = Decide(commands, batch);
        if (batch.HasChanges)
            await Commit(batch, commands.Count).ConfigureAwait(true);
        foreach (var command in commands.Take(decided))
            command.Complete();
        if (decided < commands.Count)
            await Write(commands[decided..]).ConfigureAwait(true);
    }

    /// <summary>Returns how many were decided: the end of the partition ends the batch.</summary>
    private static int Decide(List<ICommand<TState>> commands, Batch<TState> batch)
    {
        for (var i = 0; i < commands.Count; i++)
        {
            commands[i].Decide(batch);
            if (batch.EndsPartition)
                return i + 1;
        }
        return commands.Count;
    }

    private async Task Commit(Batch<TState> batch, int commands)
    {
        var purged = new List<FieldChange>();
        if (!batch.EndsPartition)
            batch.Keep(batch.Replies.Purge(batch.Moment.Now, PurgedAtLeast + 2 * commands, purged), [.. purged]);
        var hash = ChainHash.Next(_image.Cursor.Hash, _services.Random);
        var attempt = new FeedCursor(batch.Moment.Revision, hash);
        ImmutableArray<FieldChange> changes = [.. batch.Changes.Select(c => new FieldChange(c.Key, c.Value))];
        // Twice: a store that was restarted is looked at once, then asked again.
        for (var verified = false; ; verified = true)
        {
            var commit = new StoreCommit(_definition.Name, _image.Cursor, _runId, hash, changes, batch.EndsPartition);
            switch (await Send(commit, attempt).ConfigureAwait(true))
            {
                case CommitResult.Committed done:
                    See(done.Time);
                    Swap(batch, attempt, changes);
                    return;
                case CommitResult.Conflict conflict:
                    throw Lose($"another activation has written revision {conflict.Actual.Revision}");
                case CommitResult.OtherRun when !verified:
                    await Verify().ConfigureAwait(true);
                    break;
                default:
                    throw new StoreUnavailableException("the record store was restarted again and again");
            }
        }
    }

    private async Task<CommitResult> Send(StoreCommit commit, FeedCursor attempt)
    {
        try
        {
            return await _services.Store.Commit(commit).ConfigureAwait(true);
        }
        catch (StoreUnavailableException error)
        {
            LogInDoubt(_services.Log, _definition.Name, attempt.Revision, error.Message);
            _inDoubt = commit.EndsPartition ? default(FeedCursor) : attempt;
            throw;
        }
    }

    private void Swap(Batch<TState> batch, FeedCursor cursor, ImmutableArray<FieldChange> changes)
    {
        List<FieldChange> fed = [.. changes.Where(c => !Replies.IsReply(c.Field))];
        lock (_gate)
        {
            if (batch.EndsPartition)
            {
                cursor = default;
                _image = new(batch.State, Replies.Empty, ImmutableDictionary<string, byte[]>.Empty, cursor);
                _ring = new FeedRing(cursor);
            }
            else
            {
                _image = new(batch.State, batch.Replies, _definition.IsFed ? Lay(_image.Fields, fed) : _image.Fields, cursor);
                if (_definition.IsFed)
                    _ring.Add(cursor, fed);
            }
        }
        _definition.Committed(cursor, [.. fed.Select(c => c.Field)]);
    }

    /// <summary>Asks the store where it is: where we left it, where our unanswered commit led, or elsewhere.</summary>
    private async Task Verify()
    {
        var stored = await _services.Store.Load(_definition.Name).ConfigureAwait(true);
        if (stored.Cursor != _image.Cursor && stored.Cursor != _inDoubt)
        {
            throw Lose(stored.Revision < _image.Cursor.Revision
                ? $"the store came back older: revision {stored.Revision} instead of {_image.Cursor.Revision}"
                : $"the store has revision {stored.Revision} of another writer");
        }
        if (stored.Cursor != _image.Cursor)
        {
            lock (_gate)
            {
                _image = ImageOf(stored);
                _ring = new FeedRing(stored.Cursor);
            }
            _definition.Committed(stored.Cursor, [.. stored.Fields.Keys]);
        }
        _inDoubt = null;
        _runId = stored.RunId;
        See(stored.Time);
    }

    private PartitionLostException Lose(string why)
    {
        LogLost(_services.Log, _definition.Name, why);
        _lost = new PartitionLostException(_definition.Name, why);
        _definition.Lost();
        return _lost;
    }

    private static ImmutableDictionary<string, byte[]> Lay(ImmutableDictionary<string, byte[]> fields, IEnumerable<FieldChange> changes)
    {
        var builder = fields.ToBuilder();
        foreach (var (field, value) in changes)
        {
            if (value is null)
                builder.Remove(field);
            else
                builder[field] = value;
        }
        return builder.ToImmutable();
    }
}
