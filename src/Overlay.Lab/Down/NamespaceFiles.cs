using Overlay.Lab.Kernel;
using Tmds.Linux;

namespace Overlay.Lab.Down;

internal static class NamespaceFiles
{
    /// <summary>What /proc/PID/ns/net reads like for the namespace that this file holds: "net:[4026531840]".</summary>
    /// <remarks>By inode: readlink of an open descriptor gives "net:[…]" for /proc/PID/ns/net, but the mount's path for a
    /// bind mount of it (the kernel's d_path asks nsfs for a name only where the file is not a mount's root).</remarks>
    public static unsafe string? Identity(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }
        try
        {
            stat found;
            return LibC.fstat(fd, &found) == 0 ? $"net:[{(ulong)found.st_ino}]" : null;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }
}
