using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.Control;

/// <summary>
/// Calls grains within a deadline. A call whose answer is lost (gateway killed, connection cut, silence) is made again
/// over a new connection with the same request id: whatever the first one did, the effect is one.
/// </summary>
internal sealed class GrainCalls(
    Func<TimeSpan, CancellationToken, Task<IGrainConnection>> connect, TimeSpan timeout, TimeProvider time, WaitingNotice? notice = null) : IAsyncDisposable
{
    // A silent gateway must leave time for another one; a slow answer is fetched by the repeated call.
    private const int TriesWithinDeadline = 3;
    private static readonly TimeSpan ShortestTry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseBetweenTries = TimeSpan.FromMilliseconds(200);

    // A list asks many questions at once: they share one connection, and one of them makes it anew.
    private readonly SemaphoreSlim _connecting = new(1);
    private IGrainConnection? _connection;

    /// <summary>What each command has, from its first call on.</summary>
    public TimeSpan Timeout => timeout;

    public Task Tell(Func<IGrainFactory, Guid, Task> call, CancellationToken cancellation) =>
        Ask(
            async (grains, id) =>
            {
                await call(grains, id);
                return true;
            },
            cancellation);

    public Task<T> Ask<T>(Func<IGrainFactory, Guid, Task<T>> call, CancellationToken cancellation)
    {
        var answer = AskUntilAnswered(call, cancellation);
        return notice?.While(answer) ?? answer;
    }

    public ValueTask DisposeAsync()
    {
        _connecting.Dispose();
        return _connection?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private async Task<T> AskUntilAnswered<T>(Func<IGrainFactory, Guid, Task<T>> call, CancellationToken cancellation)
    {
        var requestId = Guid.CreateVersion7(time.GetUtcNow());
        var start = time.GetTimestamp();
        Exception? lost = null;
        while (time.GetElapsedTime(start) is var elapsed && elapsed < timeout)
        {
            IGrainConnection? used = null;
            try
            {
                used = await ConnectionAsync(timeout - elapsed, cancellation);
                return await call(used.Grains, requestId).WaitAsync(TryFor(timeout - elapsed), time, cancellation);
            }
            catch (Exception error) when (IsLost(error, isRetry: lost is not null))
            {
                lost = error;
                await DropAsync(used);
            }
            await Task.Delay(PauseBetweenTries, time, cancellation);
        }
        throw Expired(lost);
    }

    private TimeSpan TryFor(TimeSpan left)
    {
        var share = timeout / TriesWithinDeadline;
        var longest = share > ShortestTry ? share : ShortestTry;
        return left < longest ? left : longest;
    }

    private async Task<IGrainConnection> ConnectionAsync(TimeSpan deadline, CancellationToken cancellation)
    {
        await _connecting.WaitAsync(cancellation);
        try
        {
            return _connection ??= await connect(deadline, cancellation);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task DropAsync(IGrainConnection? dead)
    {
        if (dead is not null && Interlocked.CompareExchange(ref _connection, null, dead) == dead)
            await dead.DisposeAsync();
    }

    // The first connection fails at once: nothing was asked yet, and its error names each gateway.
    private static bool IsLost(Exception error, bool isRetry) => error switch
    {
        // A gateway that ended, a grain that is moving or was cut off: the same request again has one effect.
        OverlayException refused => refused.Code == ErrorCodes.Unreachable
            || (refused.Code is ErrorCodes.Conflict or ErrorCodes.Deadline && refused.Details.ContainsKey(OverlayException.OutcomeDetail)),
        RefusalException refusal => isRetry && refusal.Code == ErrorCodes.Unreachable,
        TimeoutException or OrleansException => true,
        _ => error is System.Net.Sockets.SocketException or IOException,
    };

    private RefusalException Expired(Exception? lost) => new(
        ErrorCodes.Deadline,
        $"no answer within {timeout.TotalSeconds:0.###} s"
            + (lost is null or TimeoutException ? "" : $" ({lost.Message})")
            + "; the request may have been carried out: look, or allow more with --timeout",
        ("timeout", timeout.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)));
}
