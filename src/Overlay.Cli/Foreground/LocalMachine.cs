namespace Overlay.Cli.Foreground;

/// <summary>This machine as a host of a cluster would be known.</summary>
/// <param name="MachineId">As overlayd registers it; null: it has none.</param>
/// <param name="MayEnter">This user may enter namespaces.</param>
internal sealed record LocalMachine(string? MachineId, bool MayEnter)
{
    public static LocalMachine This() => new(
        Contracts.Hosts.MachineId.Find(Contracts.Hosts.MachineId.File, Contracts.Hosts.MachineId.StateDirectory),
        Environment.IsPrivilegedProcess);
}
