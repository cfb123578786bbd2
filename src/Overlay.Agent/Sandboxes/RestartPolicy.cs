using System.Globalization;
using Overlay.Contracts.Records;

namespace Overlay.Agent.Sandboxes;

/// <summary>Docker's restart policies: no, on-failure[:n], always, unless-stopped.</summary>
internal static class RestartPolicy
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <param name="exitCode">Null: it vanished without one, by a kill or a power cut.</param>
    /// <param name="restarts">How often it was restarted in a row.</param>
    public static bool Restarts(SandboxRecord sandbox, int? exitCode, int restarts) => sandbox.Restart.Split(':') switch
    {
        ["always"] or ["unless-stopped"] => true,
        ["on-failure"] => exitCode != 0,
        ["on-failure", var most] => exitCode != 0 && int.TryParse(most, CultureInfo.InvariantCulture, out var limit) && restarts < limit,
        _ => false,
    };

    /// <summary>Doubles with each restart in a row.</summary>
    public static TimeSpan Pause(int restarts) => restarts >= 10 ? Longest : TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << restarts));
}
