using Overlay.Lab.Kernel;

namespace Overlay.Lab.Down;

internal static class NamespaceFiles
{
    /// <summary>What /proc/PID/ns/net reads like for the namespace that this file holds: "net:[4026531840]".</summary>
    public static string? Identity(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }
        try
        {
            return new FileInfo($"/proc/self/fd/{fd}").LinkTarget;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }
}
