using System.Runtime.InteropServices;

namespace Overlay.Linux.Netlink;

// The fixed parts of messages, in host byte order as the kernel has them.

[StructLayout(LayoutKind.Sequential)]
internal struct MessageHeader
{
    public uint Length;
    public ushort Type;
    public ushort Flags;
    public uint Sequence;
    public uint PortId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LinkHeader
{
    public byte Family;
    public byte Pad;
    public ushort HardwareType;
    public int Index;
    public uint Flags;
    public uint Change;
}

[StructLayout(LayoutKind.Sequential)]
internal struct AddressHeader
{
    public byte Family;
    public byte PrefixLength;
    public byte Flags;
    public byte Scope;
    public int Index;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NeighbourHeader
{
    public byte Family;
    public byte Pad1;
    public ushort Pad2;
    public int Index;
    public ushort State;
    public byte Flags;
    public byte Type;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RouteHeader
{
    public byte Family;
    public byte DestinationLength;
    public byte SourceLength;
    public byte Tos;
    public byte Table;
    public byte Protocol;
    public byte Scope;
    public byte Type;
    public uint Flags;
}

/// <summary>rtgenmsg: one byte, padded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GeneralHeader
{
    public byte Family;
    public byte Pad1;
    public ushort Pad2;
}
