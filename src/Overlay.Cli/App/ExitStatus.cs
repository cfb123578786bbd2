namespace Overlay.Cli.App;

/// <summary>What <c>overlay</c> exits with; 125 to 127 as <c>docker run</c> and <c>docker exec</c> do.</summary>
internal static class ExitStatus
{
    public const int Done = 0;

    /// <summary>Refused by the cluster, or failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line was not understood.</summary>
    public const int Usage = 2;

    /// <summary>A foreground command could not be started for a reason of overlay's: its own status is not taken.</summary>
    public const int NotEntered = 125;

    /// <summary>The shell's convention for death by SIGINT.</summary>
    public const int Interrupted = 130;
}
