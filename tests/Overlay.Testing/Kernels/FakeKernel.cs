using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>
/// A kernel in memory with the real one's semantics, as far as the contract tests pin them: they run against both.
/// It counts writes, keeps a log of them, and any operation can be made to fail the next time.
/// </summary>
public sealed class FakeKernel : IKernel
{
    private readonly Dictionary<string, FakeNamespaceState> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<object, Queue<int>> _failures = [];
    private readonly List<string> _log = [];
    private readonly List<(FakeNamespaceState Space, KernelNotice Notice)> _reported = [];
    private readonly List<FakeNamespaceState> _spaces = [];

    // Below all that the real kernel gives: no process of this machine is in one of ours.
    private ulong _inode = 1_000_000;

    public FakeKernel()
    {
        Host = new FakeNamespace(NewState("the host"), owned: false);
    }

    /// <summary>Names of all calls that can fail: <see cref="FakeOperation"/>s and kinds of <see cref="KernelChange"/>.</summary>
    public static IReadOnlyList<string> Operations { get; } =
    [
        .. Enum.GetNames<FakeOperation>(),
        .. typeof(KernelChange).Assembly.GetTypes().Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(KernelChange))).Select(t => t.Name).Order(StringComparer.Ordinal),
    ];

    public INetNamespace Host { get; }

    public KernelFeatures Features { get; set; } = new([]);

    /// <summary>How long a network takes to tell who has an address.</summary>
    public Task Answers { get; set; } = Task.CompletedTask;

    /// <summary>Guards everything: the fake is as safe for threads as the kernel is.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Every successful write, in order: "adding bridge b in the host".</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (Gate)
                return [.. _log];
        }
    }

    public int Writes
    {
        get
        {
            lock (Gate)
                return _log.Count;
        }
    }

    /// <summary>How many objects were listed or looked up.</summary>
    public int Reads { get; private set; }

    /// <summary>Asked before each call: the error number that it fails with, 0 for none; negative: a change takes effect,
    /// and its acknowledgement is lost. It may change the kernel itself: something can happen between two calls.</summary>
    public Func<FakeCall, int>? Fault { get; set; }

    /// <summary>The next change of this kind fails, once per call.</summary>
    public void FailNext<TChange>(int errno)
        where TChange : KernelChange => Fail(typeof(TChange), errno);

    public void FailNext(FakeOperation operation, int errno) => Fail(operation, errno);

    public INetNamespace Create(string name)
    {
        FakeNamespace made;
        lock (Gate)
        {
            Check(FakeOperation.CreateNamespace, $"making network namespace {name}");
            var state = NewState(name);
            GiveName(name, state, $"making network namespace {name}");
            state.Links["lo"].IsUp = true;
            made = new FakeNamespace(state, owned: true);
        }
        NamesChanged?.Invoke();
        return made;
    }

    public void Attach(string name, INetNamespace space)
    {
        lock (Gate)
        {
            Check(FakeOperation.AttachNamespace, $"naming a network namespace {name}");
            GiveName(name, ((FakeNamespace)space).State, $"naming a network namespace {name}");
        }
        NamesChanged?.Invoke();
    }

    public INetNamespace Open(string name)
    {
        lock (Gate)
        {
            Check(FakeOperation.OpenNamespace, $"opening network namespace {name}");
            CheckName(name);
            return _names.TryGetValue(name, out var state)
                ? new FakeNamespace(state, owned: true)
                : throw new KernelException($"opening network namespace {name}", Errno.ENOENT);
        }
    }

    /// <summary>Paths are known by the name at their end.</summary>
    public INetNamespace OpenPath(string path) => Open(Path.GetFileName(path));

    /// <summary>Processes are known by <see cref="AddProcess"/>.</summary>
    public INetNamespace OpenPid(int pid)
    {
        lock (Gate)
        {
            return _processes.TryGetValue(pid, out var state)
                ? new FakeNamespace(state, owned: true)
                : throw new KernelException($"opening the network namespace of process {pid}", Errno.ENOENT);
        }
    }

    public void AddProcess(int pid, INetNamespace space) => _processes[pid] = ((FakeNamespace)space).State;

    private readonly Dictionary<int, FakeNamespaceState> _processes = [];

    public void Delete(string name)
    {
        lock (Gate)
        {
            Check(FakeOperation.DeleteNamespace, $"deleting network namespace {name}");
            CheckName(name);
            if (!_names.Remove(name, out var state))
                throw new KernelException($"deleting network namespace {name}", Errno.ENOENT);
            Record($"deleting network namespace {name}");
            state.IsNamed = false;
            state.EndIfUnheld();
        }
        Deliver();
        NamesChanged?.Invoke();
    }

    public IReadOnlyList<string> Names()
    {
        lock (Gate)
            return [.. _names.Keys.Order(StringComparer.Ordinal)];
    }

    public IDisposable MonitorNames(Action changed)
    {
        NamesChanged += changed;
        return new NameSubscription(this, changed);
    }

    public KernelFeatures Probe() => Features;

    /// <summary>All that it holds, as text: the same for two kernels that differ in nothing but the numbers they gave.</summary>
    public string Print()
    {
        lock (Gate)
            return FakePrint.Of(_spaces);
    }

    public void Dispose()
    {
    }

    internal void CountReads(int objects) => Reads += objects;

    /// <summary>Queues a notice, under the gate.</summary>
    internal void Report(FakeNamespaceState space, KernelNotice notice) => _reported.Add((space, notice));

    /// <summary>Tells the monitors what is queued, outside of the gate.</summary>
    internal void Deliver()
    {
        List<(Action<IReadOnlyList<KernelNotice>> Tell, KernelNotice[] Notices)> told;
        lock (Gate)
        {
            told =
            [
                .. from space in _reported.GroupBy(r => r.Space, r => r.Notice)
                   from monitor in space.Key.Monitors
                   let notices = space.Where(n => (n.Kind & (monitor.Kinds | KernelEvents.Overrun)) != 0).ToArray()
                   where notices.Length > 0
                   select (monitor.Reported, notices),
            ];
            _reported.Clear();
        }
        foreach (var (tell, notices) in told)
            tell(notices);
    }

    internal void Record(string write) => _log.Add(write);

    /// <summary>Throws where this call is to fail. Returns the error to throw once it has taken effect, else 0.</summary>
    internal int Check(object kind, string action, KernelChange? change = null, FakeNamespaceState? space = null)
    {
        var failed = Fault?.Invoke(new(kind is Type type ? type.Name : kind.ToString()!, action, change, space)) ?? 0;
        if (failed == 0 && _failures.TryGetValue(kind, out var waiting))
            waiting.TryDequeue(out failed);
        if (failed > 0)
            throw new KernelException(action, failed);
        return -failed;
    }

    private event Action? NamesChanged;

    private void GiveName(string name, FakeNamespaceState state, string action)
    {
        CheckName(name);
        if (!_names.TryAdd(name, state))
            throw new KernelException(action, Errno.EEXIST);
        state.IsNamed = true;
        Record(action);
    }

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > 255 || name is "." or ".." || name.Contains('/'))
            throw new KernelException($"naming a network namespace '{name}'", Errno.EINVAL);
    }

    private void Fail(object kind, int errno)
    {
        lock (Gate)
        {
            if (!_failures.TryGetValue(kind, out var waiting))
                _failures[kind] = waiting = new Queue<int>();
            waiting.Enqueue(errno);
        }
    }

    private FakeNamespaceState NewState(string name)
    {
        var state = new FakeNamespaceState(this, name, ++_inode);
        _spaces.Add(state);
        return state;
    }

    private sealed class NameSubscription(FakeKernel kernel, Action changed) : IDisposable
    {
        public void Dispose() => kernel.NamesChanged -= changed;
    }
}
