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
    private ulong _inode = 4026531840;

    public FakeKernel()
    {
        Host = new FakeNamespace(new FakeNamespaceState(this, "the host", NextInode()), owned: false);
    }

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
            var state = new FakeNamespaceState(this, name, NextInode());
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
            GiveName(name, ((FakeNamespace)space).State, $"naming a network namespace {name}");
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

    /// <summary>Throws where the next call of this kind was told to fail.</summary>
    internal void Check(object kind, string action)
    {
        if (_failures.TryGetValue(kind, out var waiting) && waiting.TryDequeue(out var errno))
            throw new KernelException(action, errno);
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

    private ulong NextInode() => ++_inode;

    private sealed class NameSubscription(FakeKernel kernel, Action changed) : IDisposable
    {
        public void Dispose() => kernel.NamesChanged -= changed;
    }
}
