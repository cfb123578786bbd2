using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Dns.Answering;

namespace Overlay.Dns.Serving;

/// <summary>
/// A thread that waits for the sockets of many sandboxes at once. A ready socket gets one batch, then the next one has
/// its turn: a flood in one sandbox costs the others no more than its share.
/// </summary>
/// <remarks>
/// Sockets are taken out by other threads at any time. The loop holds a reference on a socket's handle while it uses
/// it, so a descriptor is never closed, and its number never given to another, under its hands. A socket is taken out
/// of the epoll set before it is closed: the supervisor may hold the same open file, and then closing does not do it.
/// </remarks>
internal sealed unsafe class ServerLoop : IDisposable
{
    private const int MaxEvents = 64;
    private const int MaxAccepts = 16;

    /// <summary>How long accepting pauses after an error that would only repeat.</summary>
    private const int PauseMilliseconds = 100;

    private const ulong WakeUp = ulong.MaxValue;

    private readonly Responder _responder;
    private readonly Action<Listener, Socket> _accepted;
    private readonly Lock _gate = new();
    private readonly Thread _thread;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly List<(Listener Listener, ulong Data)> _paused = [];
    private Listener?[] _slots = new Listener?[64];
    private Rotation _rotation = Rotation.Seeded();
    private volatile bool _stopping;
    private long _pausedAt;

    public ServerLoop(Responder responder, int number, Action<Listener, Socket> accepted)
    {
        _responder = responder;
        _accepted = accepted;
        _epoll = Check(Native.EpollCreate(Native.EpollCloexec));
        _wake = Check(Native.EventFd(0, Native.EventfdFlags));
        Control(Native.EpollAdd, _wake, Native.EpollIn, WakeUp);
        _thread = new Thread(Run) { IsBackground = true, Name = $"dns-{number}" };
        _thread.Start();
    }

    private bool IsPausing
    {
        get
        {
            lock (_gate)
                return _paused.Count > 0;
        }
    }

    /// <summary>How many sandboxes it serves.</summary>
    public int Count { get; private set; }

    public void Add(Listener listener)
    {
        lock (_gate)
        {
            var slot = Array.IndexOf(_slots, null);
            if (slot < 0)
            {
                slot = _slots.Length;
                var larger = new Listener?[2 * slot];
                _slots.CopyTo(larger, 0);
                Volatile.Write(ref _slots, larger);
            }
            Volatile.Write(ref _slots[slot], listener);
            Control(Native.EpollAdd, (int)listener.Udp.DangerousGetHandle(), Native.EpollIn, UdpData(slot));
            Control(Native.EpollAdd, (int)listener.Tcp.DangerousGetHandle(), Native.EpollIn, TcpData(slot));
            Count++;
        }
    }

    public void Remove(Listener listener)
    {
        lock (_gate)
        {
            var slot = Array.IndexOf(_slots, listener);
            if (slot < 0)
                return;
            Forget(listener, UdpData(slot));
            Forget(listener, TcpData(slot));
            Volatile.Write(ref _slots[slot], null);
            Count--;
        }
    }

    public void Dispose()
    {
        _stopping = true;
        ulong one = 1;
        _ = Native.Write(_wake, &one, sizeof(ulong));
        _thread.Join();
        _ = Native.Close(_epoll);
        _ = Native.Close(_wake);
    }

    private static ulong UdpData(int slot) => (ulong)slot << 1;

    private static ulong TcpData(int slot) => (ulong)slot << 1 | 1;

    private static bool IsTcp(ulong data) => (data & 1) != 0;

    private void Run()
    {
        using var batch = new DatagramBatch();
        var events = stackalloc byte[MaxEvents * Native.EventSize];
        while (!_stopping)
        {
            var count = Native.EpollWait(_epoll, events, MaxEvents, IsPausing ? PauseMilliseconds : -1);
            if (IsPausing && Environment.TickCount64 - _pausedAt >= PauseMilliseconds)
                Resume();
            for (var i = 0; i < count; i++)
            {
                var ready = *(uint*)(events + i * Native.EventSize);
                var data = *(ulong*)(events + i * Native.EventSize + Native.EventDataOffset);
                if (data == WakeUp || Volatile.Read(ref Volatile.Read(ref _slots)[data >> 1]) is not { } listener)
                    continue;
                if ((ready & Native.EpollHangUp) != 0)
                    Pause(listener, data);
                else
                    Serve(listener, data, batch);
            }
        }
    }

    private void Serve(Listener listener, ulong data, DatagramBatch batch)
    {
        var isTcp = IsTcp(data);
        var handle = isTcp ? listener.Tcp : listener.Udp;
        var isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            var descriptor = (int)handle.DangerousGetHandle();
            if (isTcp)
                Accept(listener, descriptor, data);
            else
                Answer(listener, descriptor, batch);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Taken out between the event and now, or a connection that ended before it was accepted.
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }
    }

    private void Answer(Listener listener, int descriptor, DatagramBatch batch)
    {
        var received = batch.Receive(descriptor);
        for (var i = 0; i < received; i++)
        {
            if (batch.IsCut(i))
            {
                _responder.Counters.Count(DnsResult.Dropped);
                continue;
            }
            var length = _responder.Respond(batch.Message(i), listener, isTcp: false, ref _rotation, batch.NextReply, out var pending);
            if (length > 0)
                batch.Reply(i, length);
            else if (pending is not null)
                DatagramForward.Start(_responder, pending, batch.Sender(i));
        }
        if (received > 0)
            batch.Send(descriptor);
    }

    private void Accept(Listener listener, int descriptor, ulong data)
    {
        for (var i = 0; i < MaxAccepts; i++)
        {
            var accepted = Native.Accept(descriptor, null, null, Native.AcceptFlags);
            if (accepted >= 0)
            {
                _accepted(listener, new Socket(new SafeSocketHandle(accepted, ownsHandle: true)));
                continue;
            }
            if (Marshal.GetLastPInvokeError() is not (Native.TryAgain or Native.Interrupted or Native.ConnectionAborted))
                Pause(listener, data);
            return;
        }
    }

    /// <summary>
    /// Without descriptors, or with a socket that something shut down, it stays ready: the loop would spin. It is taken out
    /// of the set, for a hang-up is told whether asked for or not.
    /// </summary>
    private void Pause(Listener listener, ulong data)
    {
        lock (_gate)
        {
            if (_slots[data >> 1] != listener)
                return;
            Control(Native.EpollDelete, DescriptorOf(listener, data), 0, 0);
            _paused.Add((listener, data));
            _pausedAt = Environment.TickCount64;
        }
    }

    private void Resume()
    {
        lock (_gate)
        {
            foreach (var (listener, data) in _paused)
                Control(Native.EpollAdd, DescriptorOf(listener, data), Native.EpollIn, data);
            _paused.Clear();
        }
    }

    private void Forget(Listener listener, ulong data)
    {
        if (!_paused.Remove((listener, data)))
            Control(Native.EpollDelete, DescriptorOf(listener, data), 0, 0);
    }

    private static int DescriptorOf(Listener listener, ulong data) => (int)(IsTcp(data) ? listener.Tcp : listener.Udp).DangerousGetHandle();

    private void Control(int operation, int descriptor, uint events, ulong data)
    {
        var epollEvent = stackalloc byte[16];
        Native.WriteEvent(epollEvent, events, data);
        Check(Native.EpollControl(_epoll, operation, descriptor, epollEvent));
    }

    private static int Check(int result) => result >= 0 ? result : throw new SocketException(Marshal.GetLastPInvokeError());
}
