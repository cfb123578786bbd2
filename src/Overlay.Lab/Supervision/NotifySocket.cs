using System.Runtime.InteropServices;
using System.Text;
using Overlay.Lab.Kernel;

namespace Overlay.Lab.Supervision;

/// <summary>
/// The receiving end of a service's NOTIFY_SOCKET. Descriptors arrive beside the text as SCM_RIGHTS and are ours
/// from then on; they come with CLOEXEC, or the next child of ours would inherit them.
/// </summary>
internal sealed unsafe class NotifySocket : IDisposable
{
    private const int MaxMessage = 4096;

    /// <summary>The kernel's SCM_MAX_FD.</summary>
    private const int MaxDescriptors = 253;

    private const int ControlHeader = 16;
    private const int ControlSize = ControlHeader + (MaxDescriptors + 1) * sizeof(int);

    private readonly int _socket;

    public NotifySocket(string path)
    {
        File.Delete(path);
        _socket = Libc.socket(Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (_socket < 0)
        {
            throw Libc.Failure("open a notify socket");
        }
        var address = new byte[2 + Encoding.UTF8.GetByteCount(path) + 1];
        MemoryMarshal.Write(address, (ushort)Libc.AF_UNIX);
        Encoding.UTF8.GetBytes(path, address.AsSpan(2));
        fixed (byte* pointer = address)
        {
            if (Libc.bind(_socket, pointer, (uint)address.Length) < 0)
            {
                throw Libc.Failure($"bind {path}");
            }
        }
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Blocks for the next message.</summary>
    public (NotifyMessage Message, IReadOnlyList<int> Descriptors) Receive()
    {
        var text = stackalloc byte[MaxMessage];
        // ulong, for the alignment of cmsghdr.
        var control = stackalloc ulong[ControlSize / sizeof(ulong) + 1];
        while (true)
        {
            var vector = new Libc.IoVec { Base = text, Length = MaxMessage };
            var header = new Libc.MsgHdr { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlSize };
            var length = Libc.recvmsg(_socket, &header, Libc.MSG_CMSG_CLOEXEC);
            if (length >= 0)
            {
                return (NotifyMessage.Parse(new ReadOnlySpan<byte>(text, (int)length)), Descriptors((byte*)control, header.ControlLength));
            }
            if (Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                throw Libc.Failure("receive from the notify socket");
            }
        }
    }

    public void Dispose() => _ = Libc.close(_socket);

    // cmsghdr: length (8 bytes, itself included), level, type, then the data.
    private static List<int> Descriptors(byte* control, nuint available)
    {
        var found = new List<int>();
        for (nuint at = 0; at + ControlHeader <= available;)
        {
            var length = *(nuint*)(control + at);
            if (length < ControlHeader || at + length > available)
            {
                break;
            }
            if (*(int*)(control + at + 8) == Libc.SOL_SOCKET && *(int*)(control + at + 12) == Libc.SCM_RIGHTS)
            {
                found.AddRange(new ReadOnlySpan<int>(control + at + ControlHeader, (int)(length - ControlHeader) / sizeof(int)).ToArray());
            }
            at += (length + 7) & ~(nuint)7;
        }
        return found;
    }
}
