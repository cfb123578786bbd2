using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Grains.Store;

namespace Overlay.Grains.Recovery;

/// <summary>
/// Nothing is read from a process of the store before <see cref="IStateGrain"/> has admitted it: it may have come back
/// older than what hosts hold. Commits need no gate of their own: they name the run that their partition was read from,
/// and the store refuses every other.
/// </summary>
internal sealed class StoreGuard(IRecordStore store, IGrainFactory grains) : IRecordStore
{
    private volatile string? _admitted;

    public async Task<StoredPartition> Load(string partition, CancellationToken cancellation = default)
    {
        while (true)
        {
            var stored = await store.Load(partition, cancellation).ConfigureAwait(true);
            if (stored.RunId == _admitted)
                return stored;
            await grains.GetGrain<IStateGrain>(IStateGrain.Key).Admit(stored.RunId).ConfigureAwait(true);
            _admitted = stored.RunId;
            // Again: it may have been healed.
        }
    }

    public Task<CommitResult> Commit(StoreCommit commit, CancellationToken cancellation = default) => store.Commit(commit, cancellation);

    public Task<ImmutableArray<string>> List(CancellationToken cancellation = default) => store.List(cancellation);
}
