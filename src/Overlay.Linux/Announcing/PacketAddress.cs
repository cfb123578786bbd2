using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Announcing;

/// <summary>sockaddr_ll.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct PacketAddress(int link, ushort protocol = 0)
{
    public ushort Family = (ushort)(int)AF_PACKET;

    /// <summary>In network byte order; 0: nothing is received.</summary>
    public ushort Protocol = protocol;
    public int Link = link;
    public ushort HardwareType;
    public byte PacketType;
    public byte AddressLength = 6;
    public ulong Address;
}
