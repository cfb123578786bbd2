using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns.Forwarding;

namespace Overlay.Dns.Serving;

/// <summary>One sandbox's sockets, what it may see, and how much it is using.</summary>
internal sealed class Listener : IDisposable
{
    private const int MaxForwards = 128;
    private const int MaxConnections = 64;

    /// <summary>Holds a thousand questions: what a busy sandbox asks while the agent restarts. The kernel takes it only when used.</summary>
    private const int ReceiveBuffer = 1 << 20;

    private readonly ObjectId _sandbox;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly IUpstreamSockets _sandboxSockets;
    private volatile Outlook _outlook;
    private int _forwards;
    private int _connections;

    public Listener(ObjectId sandbox, Socket udp, Socket tcp, Vantage vantage, IUpstreamSockets sandboxSockets)
    {
        _sandbox = sandbox;
        _udp = udp;
        _tcp = tcp;
        _sandboxSockets = sandboxSockets;
        _outlook = OutlookOf(vantage);
        // The flag belongs to the open file, which an earlier process may have shared: it is not as a new socket has it.
        SetNonBlocking(udp);
        SetNonBlocking(tcp);
        EnlargeBuffer(udp);
    }

    public SafeSocketHandle Udp => _udp.SafeHandle;

    public SafeSocketHandle Tcp => _tcp.SafeHandle;

    public Outlook Outlook => _outlook;

    public void SetVantage(Vantage vantage) => _outlook = OutlookOf(vantage);

    public bool TryEnterForward() => TryEnter(ref _forwards, MaxForwards);

    public void LeaveForward() => Interlocked.Decrement(ref _forwards);

    public bool TryEnterConnection() => TryEnter(ref _connections, MaxConnections);

    public void LeaveConnection() => Interlocked.Decrement(ref _connections);

    public void Dispose()
    {
        _udp.Dispose();
        _tcp.Dispose();
    }

    private static bool TryEnter(ref int count, int most)
    {
        if (Interlocked.Increment(ref count) <= most)
            return true;
        Interlocked.Decrement(ref count);
        return false;
    }

    private static void SetNonBlocking(Socket socket)
    {
        var descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        var flags = Native.Fcntl(descriptor, Native.GetFlags, 0);
        if (flags < 0 || Native.Fcntl(descriptor, Native.SetFlags, flags | Native.NonBlocking) < 0)
            throw new SocketException(Marshal.GetLastPInvokeError());
    }

    private static void EnlargeBuffer(Socket socket)
    {
        const int solSocket = 1, receiveBufferForce = 33;
        try
        {
            socket.SetRawSocketOption(solSocket, receiveBufferForce, BitConverter.GetBytes(ReceiveBuffer));
        }
        catch (SocketException)
        {
            // Without CAP_NET_ADMIN: as much as net.core.rmem_max lets us have.
            socket.ReceiveBufferSize = ReceiveBuffer;
        }
    }

    private Outlook OutlookOf(Vantage vantage) => new(vantage, new ForwardPlan(_sandbox, vantage.Upstreams, _sandboxSockets));
}

/// <summary>A vantage with what is worked out from it once; swapped as one.</summary>
internal sealed record Outlook(Vantage Vantage, ForwardPlan Plan);
