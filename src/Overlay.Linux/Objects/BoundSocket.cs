using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>A TCP or UDP socket that has a local port: a listener, or one end of a connection.</summary>
/// <param name="IsListening">It takes what nobody else takes: a TCP listener, or a UDP socket without a peer.</param>
/// <param name="Inode">By which a process's descriptors name it; 0: no process has it any more.</param>
public readonly record struct BoundSocket(bool IsUdp, Address Address, int Port, bool IsListening, ulong Inode);
