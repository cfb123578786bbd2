using Overlay.Agent.Liveness;
using Overlay.Grains.Hosting;

namespace Overlay.Node.Hosting;

/// <summary>Whether this host is in the cluster, and by which silo; there may be several, one after the other.</summary>
internal sealed class Membership : IClusterMembers
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<IGrainFactory> _joined = NewWait();
    private volatile LiveHosts? _hosts;

    public bool HasJoined => _joined.Task.IsCompletedSuccessfully;

    /// <summary>The grains, as soon as there is a way to them.</summary>
    public Task<IGrainFactory> WhenJoined(CancellationToken cancellation)
    {
        lock (_gate)
            return _joined.Task.WaitAsync(cancellation);
    }

    public IReadOnlySet<string>? Live => _hosts?.All();

    public void Join(IGrainFactory grains, LiveHosts hosts)
    {
        lock (_gate)
            _joined.SetResult(grains);
        _hosts = hosts;
    }

    public void Leave()
    {
        _hosts = null;
        lock (_gate)
            if (_joined.Task.IsCompleted)
                _joined = NewWait();
    }

    private static TaskCompletionSource<IGrainFactory> NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
