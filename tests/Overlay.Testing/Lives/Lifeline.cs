namespace Overlay.Testing.Lives;

/// <summary>
/// Counts the kernel calls of an agent, and ends it at one of them as SIGKILL would: the thread that makes the call stops
/// there for good, so nothing of the agent runs on, neither its handlers of exceptions nor its writes to disk.
/// <code>
///   Run(work) ──► call 1 ─ call 2 ─ … ─ call k ✕        (or right after call k has had its effect)
///      └─ returns false; Bury() closes what the dead one held open; Dispose() lets its thread go
/// </code>
/// </summary>
/// <param name="dieAt">The call at which it ends, from 1; 0: never.</param>
/// <param name="after">The call has its effect, and its caller does not live to see it.</param>
public sealed class Lifeline(int dieAt = 0, bool after = false) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<IDisposable> _held = [];
    private readonly ManualResetEventSlim _died = new();
    private readonly ManualResetEventSlim _released = new();
    private Thread? _thread;

    public int Calls { get; private set; }

    public int Writes { get; private set; }

    /// <summary>What it did last: "adding bridge b".</summary>
    public string Last { get; private set; } = "";

    public bool IsDead => _died.IsSet;

    /// <summary>True when the work is done, false when the agent died in it.</summary>
    public bool Run(Action work)
    {
        Exception? failure = null;
        using var ended = new ManualResetEventSlim();
        _thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception error)
            {
                failure = error;
            }
            if (!IsDead)
                ended.Set();
        })
        { IsBackground = true };
        _thread.Start();
        WaitHandle.WaitAny([ended.WaitHandle, _died.WaitHandle]);
        if (!IsDead && failure is not null)
            throw new InvalidOperationException(failure.Message, failure);
        return !IsDead;
    }

    public T Call<T>(string action, Func<T> call, bool isWrite = false)
    {
        ThrowIfDead();
        (Last, Calls, Writes) = (action, Calls + 1, Writes + (isWrite ? 1 : 0));
        if (Calls != dieAt)
            return call();
        try
        {
            if (after)
                call();
        }
        finally
        {
            Die();
        }
        throw new AgentDiedException();
    }

    /// <summary>Changes that go to the kernel together; death may come between two of them.</summary>
    public void Apply<T>(IReadOnlyList<T> changes, Action<IReadOnlyList<T>> apply)
    {
        ThrowIfDead();
        var before = Calls;
        (Calls, Writes) = (Calls + changes.Count, Writes + changes.Count);
        if (dieAt <= before || dieAt > Calls)
        {
            apply(changes);
            return;
        }
        var last = dieAt - before - 1;
        Last = changes[last]!.ToString()!;
        try
        {
            if (last + (after ? 1 : 0) is var some and > 0)
                apply([.. changes.Take(some)]);
        }
        finally
        {
            Die();
        }
    }

    /// <summary>What the process holds open, and the kernel closes when it ends.</summary>
    public T Hold<T>(T held)
        where T : IDisposable
    {
        lock (_lock)
            _held.Add(held);
        return held;
    }

    /// <summary>As the kernel does at a process's end.</summary>
    public void Bury()
    {
        lock (_lock)
        {
            foreach (var held in _held)
                held.Dispose();
            _held.Clear();
        }
    }

    public void Dispose()
    {
        _released.Set();
        _thread?.Join();
        Bury();
        _released.Dispose();
        _died.Dispose();
    }

    private void ThrowIfDead()
    {
        if (IsDead)
            throw new AgentDiedException();
    }

    private void Die()
    {
        _died.Set();
        _released.Wait();
        throw new AgentDiedException();
    }
}

/// <summary>Nobody is there any more to see it; it ends the thread of an agent that is dead.</summary>
public sealed class AgentDiedException() : Exception("this agent is dead");
