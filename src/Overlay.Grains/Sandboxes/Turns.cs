namespace Overlay.Grains.Sandboxes;

/// <summary>Lets the calls of a reentrant grain do something one after the other, in the order of their coming.</summary>
internal sealed class Turns
{
    private Task _last = Task.CompletedTask;

    /// <summary>Waits for its turn, which lasts until the result is disposed, which may be done twice.</summary>
    public async Task<IDisposable> Enter()
    {
        var turn = new TaskCompletionSource();
        (var before, _last) = (_last, turn.Task);
        await before.ConfigureAwait(true);
        return new Turn(turn);
    }

    private sealed class Turn(TaskCompletionSource done) : IDisposable
    {
        public void Dispose() => done.TrySetResult();
    }
}
