using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Commands;

/// <summary>A grain whose state is one partition. Reentrant: calls interleave, and commands queue at the partition.</summary>
public abstract class PartitionGrain<TState>(GrainServices services) : Grain
    where TState : class
{
    private Partition<TState>? _partition;

    protected GrainServices Services { get; } = services;

    protected Partition<TState> Partition => _partition ?? throw new InvalidOperationException("not active yet");

    protected TState State => Partition.State;

    protected abstract string PartitionName { get; }

    /// <summary>Whether others follow the partition.</summary>
    protected virtual bool IsFed => false;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var definition = new PartitionDefinition<TState>(PartitionName, Read, IsFed) { Committed = OnCommitted, Lost = DeactivateOnIdle };
        _partition = await Partition<TState>.Open(Services.Partitions, definition, cancellationToken).ConfigureAwait(true);
        await OnOpenedAsync().ConfigureAwait(true);
    }

    public Task<FeedPage> Pull(FeedCursor since) => Task.FromResult(Partition.Pull(since));

    protected abstract TState Read(ImmutableDictionary<string, byte[]> fields);

    protected virtual void OnCommitted(FeedCursor cursor, IReadOnlyCollection<string> fields)
    {
    }

    protected virtual Task OnOpenedAsync() => Task.CompletedTask;

    /// <summary>Tells hosts that the partition has moved. Never waits, never fails: a host that misses it pulls later.</summary>
    protected void Hint(IEnumerable<string> hosts, ulong revision)
    {
        if (revision == 0)
            return;
        var alive = Services.Hosts.All();
        foreach (var host in hosts.Where(alive.Contains))
            GrainFactory.GetGrain<IHostGrain>(host).Hint(PartitionName, revision).Ignore();
    }
}
