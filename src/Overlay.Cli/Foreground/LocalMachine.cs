namespace Overlay.Cli.Foreground;

/// <summary>This machine as a host of a cluster would be known.</summary>
/// <param name="MachineId">/etc/machine-id, as overlayd registers it; null: it has none.</param>
/// <param name="MayEnter">This user may enter namespaces.</param>
internal sealed record LocalMachine(string? MachineId, bool MayEnter)
{
    private const string MachineIdFile = "/etc/machine-id";

    public static LocalMachine This() => new(
        File.Exists(MachineIdFile) && File.ReadAllText(MachineIdFile).Trim() is { Length: > 0 } id ? id : null,
        Environment.IsPrivilegedProcess);
}
