using Overlay.Lab.Kernel;

namespace Overlay.Lab.Supervision;

/// <summary>
/// Keeps one service running on a thread of its own: start, wait for its end, wait a little, start again. Whatever
/// goes wrong with it stays here.
/// </summary>
internal sealed class ServiceRunner(Service service, TimeProvider time, Action<string> log) : IDisposable
{
    // Two sockets for each of 1,000 sandboxes on a host, twice over.
    private const int MaxHeld = 4096;

    // Does what systemd does between fork and exec: the process must find its own id in LISTEN_PID.
    private static readonly string[] WithListenPid = ["bash", "-c", "LISTEN_PID=$$ exec \"$@\"", "overlayd"];

    private readonly Lock _lock = new();
    private readonly AutoResetEvent _ordered = new(false);
    private readonly DescriptorStore _held = new(MaxHeld);
    private readonly Backoff _backoff = new();
    private ServicePhase _phase = ServicePhase.Waiting;
    private volatile bool _wanted = true;
    private volatile bool _ended;
    private int? _pid;
    private int? _lastExit;
    private int _restarts;
    private string? _text;

    public string Name => service.Name;

    public ServiceStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new ServiceStatus(service.Name, _phase, _pid, _restarts, _held.Count, _lastExit, _text);
            }
        }
    }

    public void Run()
    {
        if (service.NotifySocket is { } path)
        {
            var socket = new NotifySocket(path);
            Background($"{service.Name} notify", () => Listen(socket));
        }
        Background(service.Name, Loop);
    }

    /// <summary>SIGKILL, and down until <see cref="Start"/>.</summary>
    public void Kill() => Order(wanted: false);

    public void Start() => Order(wanted: true);

    /// <summary>For the supervisor's own end.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
        }
        Kill();
    }

    private void Order(bool wanted)
    {
        lock (_lock)
        {
            _wanted = wanted && !_ended;
            if (!_wanted && _pid is { } pid)
            {
                // Not yet waited for, so the id is still this child's.
                _ = Libc.kill(pid, Libc.SIGKILL);
            }
            else if (_pid is null)
            {
                _phase = _wanted ? ServicePhase.Waiting : ServicePhase.Stopped;
            }
        }
        _ordered.Set();
    }

    private void Loop()
    {
        while (!_ended)
        {
            if (!_wanted)
            {
                _ordered.WaitOne();
                continue;
            }
            var started = time.GetTimestamp();
            RunOnce();
            if (!_wanted)
            {
                continue;
            }
            _restarts++;
            var wait = _backoff.After(time.GetElapsedTime(started));
            log($"{service.Name} ended with {_lastExit}; starts again in {wait.TotalMilliseconds:0} ms");
            _ordered.WaitOne(wait);
        }
        _held.Dispose();
    }

    private void RunOnce()
    {
        try
        {
            int pid;
            lock (_lock)
            {
                if (!_wanted)
                {
                    return;
                }
                pid = Spawn();
                _pid = pid;
                _phase = service.NotifySocket is null ? ServicePhase.Ready : ServicePhase.Starting;
            }
            ChildProcess.WaitForEnd(pid);
            lock (_lock)
            {
                _pid = null;
                _phase = _wanted ? ServicePhase.Waiting : ServicePhase.Stopped;
                _lastExit = ChildProcess.Reap(pid);
            }
        }
        catch (Exception failure)
        {
            log($"{service.Name}: {failure.Message}");
        }
    }

    private int Spawn() => _held.Use(held =>
    {
        var environment = new Dictionary<string, string>(service.Environment);
        IReadOnlyList<string> command = service.Command;
        if (service.NotifySocket is { } socket)
        {
            environment["NOTIFY_SOCKET"] = socket;
            // Always there, also as 0: a service that was told so need not wonder.
            environment["LISTEN_FDS"] = held.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
            environment["LISTEN_FDNAMES"] = string.Join(':', held.Select(h => h.Name));
            var enter = command.TakeWhile(word => word != "--").Append("--").ToList();
            command = [.. enter, .. WithListenPid, .. command.Skip(enter.Count)];
        }
        return ChildProcess.Start(command, environment, service.LogFile, [.. held.Select(h => h.Descriptor)]);
    });

    private void Listen(NotifySocket socket)
    {
        while (!_ended)
        {
            try
            {
                var (message, descriptors) = socket.Receive();
                Take(message, descriptors);
            }
            catch (Exception failure)
            {
                log($"{service.Name}: {failure.Message}; takes no more notifications");
                return;
            }
        }
    }

    private void Take(NotifyMessage message, IReadOnlyList<int> descriptors)
    {
        lock (_lock)
        {
            _text = message.Status ?? _text;
            _phase = message.Ready && _pid is not null ? ServicePhase.Ready : _phase;
        }
        if (message.Remove)
        {
            _held.Remove(message.Name);
        }
        if (message.Store && _held.Add(message.Name, descriptors) is > 0 and var refused)
        {
            log($"{service.Name}: no room for {refused} more descriptors; {MaxHeld} are held");
        }
        else if (!message.Store)
        {
            foreach (var fd in descriptors)
            {
                _ = Libc.close(fd);
            }
        }
    }

    private static void Background(string name, Action work) =>
        new Thread(() => work(), maxStackSize: 512 * 1024) { IsBackground = true, Name = name }.Start();
}
