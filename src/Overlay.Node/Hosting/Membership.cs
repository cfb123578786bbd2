namespace Overlay.Node.Hosting;

/// <summary>Whether this host is in the cluster, and by which silo; there may be several, one after the other.</summary>
internal sealed class Membership
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<IGrainFactory> _joined = NewWait();

    public bool HasJoined => _joined.Task.IsCompletedSuccessfully;

    /// <summary>The grains, as soon as there is a way to them.</summary>
    public Task<IGrainFactory> WhenJoined(CancellationToken cancellation)
    {
        lock (_gate)
            return _joined.Task.WaitAsync(cancellation);
    }

    public void Join(IGrainFactory grains)
    {
        lock (_gate)
            _joined.SetResult(grains);
    }

    public void Leave()
    {
        lock (_gate)
            if (_joined.Task.IsCompleted)
                _joined = NewWait();
    }

    private static TaskCompletionSource<IGrainFactory> NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
