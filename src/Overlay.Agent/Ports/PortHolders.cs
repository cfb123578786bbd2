using Overlay.Linux;

namespace Overlay.Agent.Ports;

/// <summary>Which program has a port: /proc knows, by the number of its socket.</summary>
internal static class PortHolders
{
    /// <summary>socat (pid 4711); null: its socket is no process's that can be seen from here.</summary>
    public static string? NameOf(INetNamespace host, string protocol, int port)
    {
        try
        {
            var links = host.DumpSockets()
                .Where(s => s.Port == port && s.IsListening && s.IsUdp == (protocol == "udp"))
                .Select(s => $"socket:[{s.Inode}]").ToHashSet();
            return links.Count == 0 ? null : Directory.EnumerateDirectories("/proc")
                .Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0]) && Holds(process, links))
                .Select(Describe).FirstOrDefault();
        }
        catch (Exception error) when (error is KernelException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Holds(string process, HashSet<string> links)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(fd => File.ResolveLinkTarget(fd, returnFinalTarget: false)?.Name is { } target && links.Contains(target));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return false;
        }
    }

    private static string Describe(string process) => $"{File.ReadAllText(Path.Combine(process, "comm")).Trim()} (pid {Path.GetFileName(process)})";
}
