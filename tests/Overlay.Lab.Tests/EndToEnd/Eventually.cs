using System.Diagnostics;

namespace Overlay.Lab.Tests.EndToEnd;

internal static class Eventually
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    /// <summary>Repeats until the condition holds; fails with the last thing seen when it does not within the limit.</summary>
    public static async Task<Ran> Holds(Func<Task<Ran>> look, Func<Ran, bool> condition, TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(20);
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await look();
            if (condition(seen))
                return seen;
            if (clock.Elapsed > limit)
                throw new TimeoutException($"not within {limit}; last seen:\n{seen}");
            await Task.Delay(Between);
        }
    }
}
