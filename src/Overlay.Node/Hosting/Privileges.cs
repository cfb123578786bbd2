using System.Globalization;

namespace Overlay.Node.Hosting;

/// <summary>Whether this process may program the kernel's network, asked before anything is touched.</summary>
internal static class Privileges
{
    // linux/capability.h
    private const int NetAdmin = 12;
    private const int SysAdmin = 21;

    /// <summary>Null when all is there, else one line for the user.</summary>
    public static string? Missing(string processStatus)
    {
        var effective = processStatus.Split('\n')
            .Where(line => line.StartsWith("CapEff:", StringComparison.Ordinal))
            .Select(line => ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture))
            .FirstOrDefault();
        string[] missing =
        [
            .. new[] { (NetAdmin, "CAP_NET_ADMIN"), (SysAdmin, "CAP_SYS_ADMIN") }
                .Where(capability => (effective >> capability.Item1 & 1) == 0)
                .Select(capability => capability.Item2),
        ];
        return missing.Length == 0
            ? null
            : $"this process lacks {string.Join(" and ", missing)}, so it cannot make namespaces and links; "
                + "start it as root, or with --role control, which needs neither";
    }
}
