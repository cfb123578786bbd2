using System.Diagnostics;
using Xunit.Sdk;

namespace Overlay.Cluster.Tests;

/// <summary>Waits for conditions, never for time to pass.</summary>
internal static class Until
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task True(Func<Task<bool>> condition, string what, TimeSpan? deadline = null)
    {
        var started = Stopwatch.GetTimestamp();
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (deadline ?? Deadline))
                throw new XunitException($"not within {deadline ?? Deadline}: {what}");
            await again.WaitForNextTickAsync();
        }
    }

    public static Task True(Func<bool> condition, string what, TimeSpan? deadline = null) =>
        True(() => Task.FromResult(condition()), what, deadline);

    /// <summary>The first answer that is not an error, asking again until then.</summary>
    public static async Task<T> Succeeds<T>(Func<Task<T>> call, string what)
    {
        var result = default(T);
        await True(async () =>
        {
            try
            {
                result = await call();
                return true;
            }
            catch (Exception)
            {
                return false;
            }
        }, what);
        return result!;
    }
}
