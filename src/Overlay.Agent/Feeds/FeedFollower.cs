using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Agent.View;
using Overlay.Contracts.Records;

namespace Overlay.Agent.Feeds;

/// <summary>
/// Keeps the view up to date. A hint only says 'pull'; a timer pulls as well, so that a lost hint costs time and nothing
/// else. One pull per partition at a time: two could lay their pages in the wrong order.
/// </summary>
internal sealed partial class FeedFollower(
    AgentOptions options, AgentPaths paths, IFeedSource source, ViewStore views, TimeProvider time, ILogger<FeedFollower> logger) : BackgroundService
{
    private static readonly TimeSpan PullTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartRetry = TimeSpan.FromMilliseconds(500);

    private readonly ViewDisk _disk = new(paths.View);
    private readonly ConcurrentDictionary<string, PullTurn> _turns = new();
    private readonly SemaphoreSlim _parallel = new(16);
    private readonly Mirror _mirror = new();
    private readonly HashSet<string> _mirrored = new(StringComparer.Ordinal);
    private CancellationToken _stopping;

    /// <summary>Reads the mirror: the first complete view may come from it.</summary>
    public void ReadMirror()
    {
        var roster = Partitions.Roster(options.HostName);
        // The roster decides which networks are followed: it goes first.
        foreach (var state in _disk.Read().OrderBy(s => s.Name == roster ? 0 : 1))
        {
            _mirrored.Add(state.Name);
            TryPut(state);
        }
    }

    // A file of another version is as good as none: it must not keep the agent from its start.
    private void TryPut(PartitionState state)
    {
        try
        {
            views.Put(state);
        }
        catch (Exception error)
        {
            PullFailed(logger, state.Name, error.Message);
        }
    }

    /// <summary>The newest that was ever pulled of each followed partition: the mirror keeps it when the view had to step back.</summary>
    public IEnumerable<PartitionState> Newest()
    {
        var followed = views.Followed.Select(views.Find).ToList();
        var kept = followed.Any(IsBehind) ? _disk.Read().ToDictionary(state => state.Name) : [];
        return followed.Select(state => IsBehind(state) ? kept.GetValueOrDefault(state.Name, state) : state).Where(state => state.Cursor.Revision > 0);

        static bool IsBehind(PartitionState state) => state.Newest > state.Cursor.Revision;
    }

    public void Hint(string partition, ulong revision)
    {
        if (views.Find(partition) is var state && !(state.IsLive && state.Cursor.Revision >= revision))
            _ = Pull(partition);
    }

    /// <summary>A pull that begins after this call; false: it failed. Failures are logged, and the timer tries again.</summary>
    public Task<bool> Pull(string partition) =>
        _stopping.IsCancellationRequested ? Task.FromResult(false) : _turns.GetOrAdd(partition, static _ => new()).Take(() => PullOnce(partition));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        var mirroring = _mirror.Run(_disk, views, logger, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(views.Followed.Select(Pull)).ConfigureAwait(false);
            foreach (var left in _turns.Keys.Except(views.Followed))
            {
                _turns.TryRemove(left, out _);
                _mirror.Changed(left);
            }
            if (views.Current.MayDelete)
                DropUnfollowed();
            var pause = views.Current.MayDelete ? options.PollInterval : StartRetry;
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await mirroring.ConfigureAwait(false);
    }

    // An overlayd that ended before it had removed a file from the mirror would leave it for ever.
    private void DropUnfollowed()
    {
        foreach (var left in _mirrored.Except(views.Followed))
            _mirror.Changed(left);
        _mirrored.Clear();
    }

    private async Task<bool> PullOnce(string partition)
    {
        try
        {
            await _parallel.WaitAsync(_stopping).ConfigureAwait(false);
            try
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
                timeout.CancelAfter(PullTimeout);
                var known = views.Followed;
                var page = await source.Pull(partition, views.Find(partition).Cursor, timeout.Token).ConfigureAwait(false);
                if (views.Lay(partition, page))
                {
                    _mirror.Changed(partition);
                    foreach (var added in views.Followed.Except(known))
                        _ = Pull(added);
                }
                return true;
            }
            finally
            {
                _parallel.Release();
            }
        }
        catch (Exception error)
        {
            if (!_stopping.IsCancellationRequested)
                PullFailed(logger, partition, error.Message);
            return false;
        }
    }

    /// <summary>One pull runs; callers that come meanwhile share the next one.</summary>
    private sealed class PullTurn
    {
        private readonly Lock _lock = new();
        private Task<bool>? _running;
        private Task<bool>? _next;

        public Task<bool> Take(Func<Task<bool>> pull)
        {
            lock (_lock)
            {
                if (_running is null or { IsCompleted: true })
                    return _running = pull();
                return _next ??= Follow(_running, pull);
            }
        }

        private async Task<bool> Follow(Task<bool> running, Func<Task<bool>> pull)
        {
            await running.ConfigureAwait(false);
            Task<bool> mine;
            lock (_lock)
            {
                _next = null;
                mine = _running = pull();
            }
            return await mine.ConfigureAwait(false);
        }
    }
}
