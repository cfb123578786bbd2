using System.Runtime.InteropServices;
using System.Text;

namespace Overlay.Lab.Kernel;

/// <summary>
/// Switches checksum and segmentation offloads off. On one kernel a veth never computes a checksum nor cuts a
/// segment, so a wrong MTU or checksum would pass unseen that breaks on real wires.
/// </summary>
internal static unsafe class Offloads
{
    private const nuint SIOCETHTOOL = 0x8946;
    private const int NameSize = 16;

    // linux/ethtool.h: the one-feature commands; the kernel still takes them beside ETHTOOL_SFEATURES.
    private static readonly (uint Set, string Name)[] Features =
    [
        (0x15, "rx-checksumming"),
        (0x1f, "tcp-segmentation-offload"),
        (0x24, "generic-segmentation-offload"),
        (0x2c, "generic-receive-offload"),
        (0x19, "scatter-gather"),
        (0x17, "tx-checksumming"),
    ];

    [StructLayout(LayoutKind.Sequential)]
    private struct Value
    {
        public uint Command;
        public uint Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Request
    {
        public fixed byte Name[NameSize];
        public void* Data;
        public fixed byte Rest[16];
    }

    /// <summary>In the calling thread's network namespace.</summary>
    public static void Disable(IEnumerable<string> links)
    {
        var socket = Libc.socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (socket < 0)
        {
            throw Libc.Failure("open a socket for ethtool");
        }
        try
        {
            foreach (var link in links)
            {
                foreach (var (set, name) in Features)
                {
                    Disable(socket, link, set, name);
                }
            }
        }
        finally
        {
            _ = Libc.close(socket);
        }
    }

    private static void Disable(int socket, string link, uint set, string feature)
    {
        var value = new Value { Command = set };
        var request = new Request { Data = &value };
        Encoding.ASCII.GetBytes(link).CopyTo(new Span<byte>(request.Name, NameSize - 1));
        if (Libc.ioctl(socket, SIOCETHTOOL, &request) < 0)
        {
            throw Libc.Failure($"switch {feature} off on {link}");
        }
    }
}
