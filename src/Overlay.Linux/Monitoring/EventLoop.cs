using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Monitoring;

/// <summary>One thread that waits on the notification sockets of all monitored namespaces. It starts with the first
/// monitor.</summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int MostEvents = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, (EventSocket Socket, Action<KernelEvents> Changed)> _sockets = [];
    private int _epoll = -1, _wake = -1;
    private Thread? _thread;
    private bool _stopped;

    public IDisposable Add(IReadOnlyList<EventSocket> sockets, Action<KernelEvents> changed)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (_thread is null)
                Start();
            foreach (var socket in sockets)
            {
                _sockets.Add(socket.Fd, (socket, changed));
                Watch(socket.Fd);
            }
        }
        return new Subscription(this, sockets);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
            if (_thread is null)
                return;
            ulong one = 1;
            write(_wake, &one, sizeof(ulong));
        }
        _thread.Join();
        close(_epoll);
        close(_wake);
        foreach (var (socket, _) in _sockets.Values)
            socket.Dispose();
    }

    private void Start()
    {
        _epoll = epoll_create1(EPOLL_CLOEXEC);
        _wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (_epoll < 0 || _wake < 0)
            throw new KernelException("starting to listen for kernel notifications", errno);
        Watch(_wake);
        _thread = new Thread(Work) { IsBackground = true, Name = "kernel events" };
        _thread.Start();
    }

    private void Watch(int fd)
    {
        var interest = new epoll_event { events = EPOLLIN };
        interest.data.fd = fd;
        if (epoll_ctl(_epoll, EPOLL_CTL_ADD, fd, &interest) < 0)
            throw new KernelException("listening for kernel notifications", errno);
    }

    private void Work()
    {
        var events = stackalloc epoll_event[MostEvents];
        while (true)
        {
            var count = epoll_wait(_epoll, events, MostEvents, -1);
            if (count < 0 && errno != EINTR)
                throw new KernelException("waiting for kernel notifications", errno);
            for (var i = 0; i < count; i++)
            {
                if (events[i].data.fd == _wake)
                    return;
                Deliver(events[i].data.fd);
            }
        }
    }

    private void Deliver(int fd)
    {
        KernelEvents seen;
        Action<KernelEvents> changed;
        lock (_gate)
        {
            // Gone since epoll named it.
            if (!_sockets.TryGetValue(fd, out var entry))
                return;
            seen = entry.Socket.Drain();
            changed = entry.Changed;
        }
        if (seen != KernelEvents.None)
            changed(seen);
    }

    private void Remove(IReadOnlyList<EventSocket> sockets)
    {
        lock (_gate)
        {
            foreach (var socket in sockets)
            {
                if (!_stopped && _sockets.Remove(socket.Fd))
                {
                    epoll_ctl(_epoll, EPOLL_CTL_DEL, socket.Fd, null);
                    socket.Dispose();
                }
            }
        }
    }

    private sealed class Subscription(EventLoop loop, IReadOnlyList<EventSocket> sockets) : IDisposable
    {
        private bool _disposed;

        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            loop.Remove(sockets);
        }
    }
}
