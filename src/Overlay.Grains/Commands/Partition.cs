using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Grains.Store;

namespace Overlay.Grains.Commands;

/// <summary>
/// One partition and its only writer in this activation: decide (pure) → commit → swap → reply → notify.
///
///     callers ──Execute──► [ waiting ] ──all of them──► decide on a copy ──► one fenced commit ──► swap, replies
///                                                            refused: its own         │ conflict: lost, all memory dropped
///                                                            caller only              │ no answer: in doubt, see below
///
/// Commands that wait while a commit is on its way become one batch: a hot grain does one round trip for many. Reads
/// see the last image that is durable, and never wait.
///
/// A commit without an answer may have happened. Its callers are told so; the image stays for readers, and the next
/// batch first asks the store which it was: the chain hash tells our commit from anybody else's.
/// </summary>
/// <remarks>Thread-safe; within a grain everything runs on its scheduler.</remarks>
public sealed partial class Partition<TState>
    where TState : class
{
    private const int MaxBatch = 1_000;
    private const int MaxWaiting = 20_000;
    private const int PurgedAtLeast = 64;

    private readonly PartitionServices _services;
    private readonly PartitionDefinition<TState> _definition;
    private readonly Lock _gate = new();
    private readonly Queue<ICommand<TState>> _waiting = new();
    private bool _writing;
    private PartitionLostException? _lost;
    private PartitionImage<TState> _image;
    private FeedRing _ring;
    private FeedCursor? _inDoubt;
    private string _runId;
    private DateTimeOffset _storeTime;
    private long _storeTimeSeen;

    private Partition(PartitionServices services, PartitionDefinition<TState> definition, StoredPartition stored)
    {
        (_services, _definition) = (services, definition);
        _image = ImageOf(stored);
        _ring = new FeedRing(stored.Cursor);
        _runId = stored.RunId;
        See(stored.Time);
    }

    public TState State => _image.State;

    public FeedCursor Cursor => _image.Cursor;

    /// <summary>The store's clock, as far as it is known here.</summary>
    public DateTimeOffset Now => _storeTime + _services.Time.GetElapsedTime(_storeTimeSeen);

    public static async Task<Partition<TState>> Open(
        PartitionServices services, PartitionDefinition<TState> definition, CancellationToken cancellation = default) =>
        new(services, definition, await services.Store.Load(definition.Name, cancellation).ConfigureAwait(true));

    /// <summary>Runs a command that is idempotent by what it says.</summary>
    /// <exception cref="RefusalException">By the decision.</exception>
    /// <exception cref="StoreUnavailableException">It may or may not have happened.</exception>
    /// <exception cref="PartitionLostException">It has not happened.</exception>
    public Task<TReply> Execute<TReply>(Func<TState, Moment, Decision<TState, TReply>> decide) =>
        Enqueue(new PlainCommand<TState, TReply>(decide));

    /// <summary>Runs a command once per request id: a retry gets the first one's reply.</summary>
    public Task<TReply> ExecuteOnce<TReply>(
        Guid request, string call, JsonTypeInfo<TReply> type, Func<TState, Moment, Decision<TState, TReply>> decide) =>
        Enqueue(new OnceCommand<TState, TReply>(request, call, type, decide));

    /// <summary>Runs a command that takes back the one of this request id; a retry of that one starts anew.</summary>
    public Task<TReply> ExecuteAndForget<TReply>(Guid request, Func<TState, Moment, Decision<TState, TReply>> decide) =>
        Enqueue(new ForgetCommand<TState, TReply>(request, decide));

    /// <summary>The reply to an earlier call with this request id, when it is kept.</summary>
    public bool TryReplay<TReply>(Guid request, string call, JsonTypeInfo<TReply> type, out TReply? reply) =>
        _image.Replies.TryFind(request, call, type, out reply);

    public FeedPage Pull(FeedCursor since)
    {
        lock (_gate)
        {
            var delta = _ring.Since(since);
            return new FeedPage
            {
                Cursor = _image.Cursor,
                IsSnapshot = delta is null,
                Changes = delta ?? [.. _image.Fields.Select(f => new FieldChange(f.Key, f.Value))],
                Gone = _image.Cursor.Revision == 0,
            };
        }
    }

    private Task<TReply> Enqueue<TReply>(Command<TState, TReply> command)
    {
        lock (_gate)
        {
            if (_lost is not null)
                throw _lost;
            if (_waiting.Count >= MaxWaiting)
            {
                throw new RefusalException(
                    ErrorCodes.Busy,
                    $"{MaxWaiting} commands wait for the record store already; try again when it has caught up");
            }
            _waiting.Enqueue(command);
            if (!_writing)
            {
                _writing = true;
                _ = WriteAll();
            }
        }
        return command.Reply;
    }

    private async Task WriteAll()
    {
        // Those who are already in line come along with the first one.
        await Task.Yield();
        while (TakeBatch() is { } commands)
        {
            try
            {
                await Write(commands).ConfigureAwait(true);
            }
            catch (Exception error)
            {
                foreach (var command in commands)
                    command.Fail(error);
            }
        }
    }

    private List<ICommand<TState>>? TakeBatch()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _writing = false;
                return null;
            }
            var commands = new List<ICommand<TState>>(Math.Min(_waiting.Count, MaxBatch));
            while (commands.Count < MaxBatch && _waiting.TryDequeue(out var command))
                commands.Add(command);
            return commands;
        }
    }

    private void See(DateTimeOffset storeTime)
    {
        _storeTime = storeTime;
        _storeTimeSeen = _services.Time.GetTimestamp();
    }

    private PartitionImage<TState> ImageOf(StoredPartition stored) => new(
        _definition.Read(stored.Fields),
        Replies.Read(stored.Fields),
        _definition.IsFed ? stored.Fields.RemoveRange(stored.Fields.Keys.Where(Replies.IsReply)) : ImmutableDictionary<string, byte[]>.Empty,
        stored.Cursor);
}
