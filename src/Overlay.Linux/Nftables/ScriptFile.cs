using System.Text;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Nftables;

/// <summary>A file that exists in memory only, as long as its descriptor.</summary>
internal static unsafe class ScriptFile
{
    public static SafeFileHandle Create(string script)
    {
        fixed (byte* name = "nft\0"u8)
        {
            var fd = memfd_create(name, MFD_CLOEXEC);
            if (fd < 0)
                throw new KernelException("handing a script to nftables", errno);
            var file = new SafeFileHandle(fd, ownsHandle: true);
            RandomAccess.Write(file, Encoding.UTF8.GetBytes(script), 0);
            return file;
        }
    }
}
