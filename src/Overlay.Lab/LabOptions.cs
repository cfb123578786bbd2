namespace Overlay.Lab;

/// <summary>What a lab should be.</summary>
public sealed record LabOptions
{
    public const string DefaultName = "lab";

    /// <summary>A name and nothing else: it becomes a directory, a context and part of the cluster's name.</summary>
    public string Name { get; init; } = DefaultName;

    public int Hosts { get; init; } = 3;

    /// <summary>Let the hosts reach the real machine's network, masqueraded.</summary>
    public bool Uplink { get; init; }

    /// <summary>No Redis: the only host keeps its records in a file.</summary>
    public bool EmbeddedStore { get; init; }

    /// <summary>The overlayd to run; else $OVERLAYD, else the one beside this program.</summary>
    public string? Overlayd { get; init; }

    /// <summary>The overlay to run as supervisor and outside world; else the one beside this program.</summary>
    public string? Overlay { get; init; }

    /// <summary>Where the context is written; else the user's own.</summary>
    public string? ContextDirectory { get; init; }

    public int UnderlayMtu { get; init; } = 1500;

    /// <summary>How long the hosts may take from their start until they say that they are ready.</summary>
    public TimeSpan ReadyDeadline { get; init; } = TimeSpan.FromSeconds(60);
}
