namespace Overlay.Grains.Networks;

/// <summary>
/// Keeps the first endpoint of a host and the last one apart. While one is being connected the host's presence on the
/// network (node addresses, place in its roster) is not taken down; while it is taken down a connect waits.
/// </summary>
/// <remarks>Memory of one activation, used on its scheduler only; between activations the fences decide.</remarks>
internal sealed class HostPresence
{
    /// <summary>Fence of a departure from a network that is gone: its id never comes back.</summary>
    public const ulong ForGood = ulong.MaxValue;

    private readonly Dictionary<string, int> _arriving = [];
    private readonly Dictionary<string, Task> _leaving = [];

    public async Task<IDisposable> Arrive(string host)
    {
        while (_leaving.TryGetValue(host, out var leaving))
            await leaving.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        _arriving[host] = _arriving.GetValueOrDefault(host) + 1;
        return new Arrival(this, host);
    }

    /// <summary>Runs the departure unless somebody arrives, or one is under way.</summary>
    public async Task Leave(string host, Func<Task> depart)
    {
        if (_arriving.ContainsKey(host) || _leaving.ContainsKey(host))
            return;
        var done = new TaskCompletionSource();
        _leaving[host] = done.Task;
        try
        {
            await depart().ConfigureAwait(true);
        }
        finally
        {
            _leaving.Remove(host);
            done.SetResult();
        }
    }

    private sealed class Arrival(HostPresence presence, string host) : IDisposable
    {
        public void Dispose()
        {
            if (--presence._arriving[host] == 0)
                presence._arriving.Remove(host);
        }
    }
}
