using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Overlay.Agent.View;

namespace Overlay.Agent.Feeds;

/// <summary>Writes changed partitions to disk, behind the kernel's back and at leisure: many changes, one write.</summary>
internal sealed partial class Mirror
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, bool> _changed = new();
    private readonly SemaphoreSlim _signal = new(0, 1);

    public void Changed(string partition)
    {
        _changed[partition] = true;
        if (_signal.CurrentCount == 0)
        {
            try
            {
                _signal.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another thread signalled first: the writer wakes either way.
            }
        }
    }

    public async Task Run(ViewDisk disk, ViewStore views, ILogger logger, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await _signal.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(Gather, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var partition in _changed.Keys)
            {
                _changed.TryRemove(partition, out _);
                try
                {
                    Write(disk, views, partition);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    NotWritten(logger, partition, error.Message);
                }
            }
        }
    }

    private static void Write(ViewDisk disk, ViewStore views, string partition)
    {
        var state = views.Find(partition);
        // An older view than the one on disk: that one goes on telling what was there.
        if (!state.IsLive && state.Newest > 0)
            return;
        if (state.IsGone || !state.IsLive)
            disk.Remove(partition);
        else
            disk.Write(state);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "could not mirror {Partition} to disk: a start without control plane would use an older view: {Reason}")]
    private static partial void NotWritten(ILogger logger, string partition, string reason);
}
