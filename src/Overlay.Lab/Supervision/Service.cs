namespace Overlay.Lab.Supervision;

/// <summary>What the supervisor runs for one member of the lab.</summary>
/// <param name="NotifySocket">Null for a program that does not speak sd_notify.</param>
internal sealed record Service(
    string Name,
    IReadOnlyList<string> Command,
    IReadOnlyDictionary<string, string> Environment,
    string LogFile,
    string? NotifySocket);

public enum ServicePhase
{
    /// <summary>Started; has not said that it is ready.</summary>
    Starting,

    /// <summary>Running and, if it can say so, ready.</summary>
    Ready,

    /// <summary>Ended by itself; starts again in a moment.</summary>
    Waiting,

    /// <summary>Killed by order; stays down until it is started.</summary>
    Stopped,
}

/// <param name="Restarts">How often it started again without being told to.</param>
/// <param name="Held">Descriptors in its store.</param>
/// <param name="LastExit">Exit status of the last run, 128 + N after signal N; null before the first end.</param>
public sealed record ServiceStatus(string Name, ServicePhase Phase, int? Pid, int Restarts, int Held, int? LastExit, string? Text);
