using System.Collections.Concurrent;
using System.Collections.Immutable;
using Overlay.Contracts.Agent;
using Overlay.Contracts.Grains;
using Overlay.Core;

namespace Overlay.Cluster.Tests;

/// <summary>An agent without a kernel: it really follows the feeds, and applies by remembering.</summary>
internal sealed class FakeAgent(string host) : ILocalAgent
{
    private readonly ConcurrentDictionary<string, (FeedCursor Cursor, ImmutableDictionary<string, byte[]> Fields)> _views = new();

    public string Host => host;

    /// <summary>Set when the silo beside it has started.</summary>
    public IGrainFactory? Grains { get; set; }

    public ConcurrentQueue<(string Partition, ulong Revision)> Hints { get; } = new();

    /// <summary>What the kernel says to the next sandbox that is waited for.</summary>
    public string? NextFailure { get; set; }

    public int Snapshots;
    public int Deltas;

    public ImmutableDictionary<string, byte[]> View(string partition) =>
        _views.TryGetValue(partition, out var view) ? view.Fields : ImmutableDictionary<string, byte[]>.Empty;

    public void Hint(string partition, ulong revision) => Hints.Enqueue((partition, revision));

    public async Task WaitApplied(ImmutableArray<PartitionRevision> targets, ObjectId? sandbox, TimeSpan deadline, CancellationToken cancellation)
    {
        foreach (var target in targets)
        {
            var cursor = await Follow(target.Partition);
            if (cursor.Revision != 0 && cursor.Revision < target.Revision)
                throw new RefusalException(ErrorCodes.Deadline, $"{target.Partition} is at {cursor.Revision}, not at {target.Revision}");
        }
        if (NextFailure is { } failure && sandbox is not null)
        {
            NextFailure = null;
            throw new RefusalException(ErrorCodes.ApplyFailed, failure);
        }
    }

    /// <summary>Its kernel keeps what was removed.</summary>
    public bool KeepsWhatIsRemoved { get; set; }

    public async Task WaitReleased(PartitionRevision network, ImmutableArray<ObjectId> removed, TimeSpan deadline, CancellationToken cancellation)
    {
        await WaitApplied([network], null, deadline, cancellation);
        if (KeepsWhatIsRemoved)
            throw new RefusalException(ErrorCodes.ApplyFailed, $"host {host} cannot make it: removing link: Device or resource busy");
    }

    public async Task<FeedCursor> Follow(string partition)
    {
        var (cursor, fields) = _views.GetValueOrDefault(partition, (default, ImmutableDictionary<string, byte[]>.Empty));
        var page = await FeedOf(partition).Pull(cursor);
        Interlocked.Increment(ref page.IsSnapshot ? ref Snapshots : ref Deltas);
        var next = (page.IsSnapshot ? ImmutableDictionary<string, byte[]>.Empty : fields).ToBuilder();
        foreach (var (field, value) in page.Changes)
        {
            if (value is null)
                next.Remove(field);
            else
                next[field] = value;
        }
        _views[partition] = (page.Cursor, next.ToImmutable());
        return page.Cursor;
    }

    public ulong AppliedRevision(string partition) => _views.TryGetValue(partition, out var view) ? view.Cursor.Revision : 0;

    public SandboxStatus? SandboxStatus(ObjectId sandbox) =>
        View($"roster/{host}").ContainsKey($"sandbox/{sandbox}") ? new SandboxStatus { State = "running" } : null;

    public Task<LogPage> ReadLog(ObjectId sandbox, long offset, CancellationToken cancellation) =>
        Task.FromResult(new LogPage { Bytes = [], NextOffset = offset, End = true });

    public Task<NameAnswer> QueryName(ObjectId sandbox, string name, string type) =>
        Task.FromResult(new NameAnswer { Code = "NOERROR", Source = $"{host}: {name} {type}" });

    /// <summary>Ports that a program of this host listens on.</summary>
    public ConcurrentDictionary<(string Protocol, int Port), string> Listeners { get; } = new();

    public ImmutableArray<BusyPort> ProbePorts(ImmutableArray<PortRequest> ports, bool v4, bool v6)
    {
        foreach (var port in ports.Where(p => p.HostPortLast is null))
        {
            if (port.HostPort is { } number && Listeners.TryGetValue((port.Protocol, number), out var holder))
                throw new RefusalException(ErrorCodes.PortTaken, $"taken by {holder}", ("holder", holder));
        }
        return [.. Listeners.Keys.Select(l => new BusyPort(l.Protocol, l.Port))];
    }

    public ImmutableArray<PartitionCopy> Claims() => [.. _views.Where(v => v.Value.Cursor.Revision > 0)
        .Select(v => new PartitionCopy { Name = v.Key, Cursor = v.Value.Cursor, Fields = v.Value.Fields })];

    public HostStatus Status() => new() { Host = host, Version = "test" };

    private IFeed FeedOf(string partition)
    {
        var key = partition[(partition.IndexOf('/') + 1)..];
        return partition.Split('/')[0] switch
        {
            "hosts" => Grains!.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key),
            "roster" => Grains!.GetGrain<IRosterGrain>(key),
            _ => Grains!.GetGrain<INetworkGrain>(key),
        };
    }
}
