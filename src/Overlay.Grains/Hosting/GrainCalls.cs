using Overlay.Contracts.Errors;
using Overlay.Core;
using Overlay.Grains.Commands;
using Overlay.Grains.Store;

namespace Overlay.Grains.Hosting;

/// <summary>Calls from grain to grain: each within a deadline, and again while what failed is only on its way elsewhere.</summary>
internal static class GrainCalls
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Only for calls that have one effect however often they are made.</summary>
    public static async Task<T> Retry<T>(this GrainServices services, Func<Task<T>> call)
    {
        var started = services.Time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var left = services.Options.CallDeadline - services.Time.GetElapsedTime(started);
            try
            {
                return await call().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, services.Time).ConfigureAwait(true);
            }
            catch (Exception error) when (IsPassing(error) && left > pause)
            {
                await Task.Delay(pause, services.Time).ConfigureAwait(true);
            }
        }
    }

    public static Task Retry(this GrainServices services, Func<Task> call) => services.Retry(async () =>
    {
        await call().ConfigureAwait(true);
        return true;
    });

    /// <summary>Whether a request was refused, rather than cut short: nothing of it is on its way any more.</summary>
    public static bool IsRefusal(Exception error) => error switch
    {
        RefusalException => true,
        OverlayException coded => !coded.Details.ContainsKey(OverlayException.OutcomeDetail)
            && coded.Code is not (ErrorCodes.Unreachable or ErrorCodes.Deadline or ErrorCodes.StoreUnavailable or ErrorCodes.HostDown or ErrorCodes.Internal),
        _ => false,
    };

    /// <summary>What an audit may meet, and tries again in its next round.</summary>
    public static bool CanWait(Exception error) =>
        error is OverlayException or RefusalException or TimeoutException or OrleansException or StoreUnavailableException or PartitionLostException;

    private static bool IsPassing(Exception error) => error switch
    {
        OverlayException coded => coded.Code == ErrorCodes.Unreachable || (coded.Code == ErrorCodes.Conflict && coded.Details.ContainsKey(OverlayException.OutcomeDetail)),
        SiloUnavailableException or OrleansMessageRejectionException => true,
        _ => false,
    };
}
