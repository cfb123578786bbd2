namespace Overlay.Agent;

internal static class Boot
{
    /// <summary>Differs after each boot of the machine.</summary>
    public static string Id { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
