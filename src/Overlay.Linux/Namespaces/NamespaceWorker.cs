using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Namespaces;

/// <summary>
/// The one thread that enters namespaces, for moments: what must be made inside one (sockets, nft runs, settings)
/// is made there, and the thread comes home. A pool thread must never enter: work of others would follow it in.
/// </summary>
internal sealed class NamespaceWorker : IDisposable
{
    /// <summary>Callers wait for their own job, so this bounds waiting threads; more than the machine ever has.</summary>
    private const int MostJobs = 1024;

    private readonly BlockingCollection<Action> _jobs = new(MostJobs);
    private readonly SafeFileHandle _home;
    private readonly Thread _thread;

    public NamespaceWorker(SafeFileHandle home, string name)
    {
        _home = home;
        _thread = new Thread(Work) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Runs the body inside the namespace and waits for it. Its exception comes to the caller.</summary>
    public T Run<T>(SafeFileHandle space, Func<T> body)
    {
        return RunAtHome(() =>
        {
            Enter(space);
            return body();
        });
    }

    /// <summary>Runs a body that may enter or make namespaces itself; afterwards the thread is brought home.</summary>
    public T RunAtHome<T>(Func<T> body)
    {
        using var done = new ManualResetEventSlim();
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        _jobs.Add(() =>
        {
            try
            {
                result = body();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            GoHome();
            done.Set();
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    public void Dispose()
    {
        _jobs.CompleteAdding();
        _thread.Join();
        _jobs.Dispose();
    }

    private void Work()
    {
        foreach (var job in _jobs.GetConsumingEnumerable())
            job();
    }

    private static void Enter(SafeFileHandle space)
    {
        var held = false;
        try
        {
            space.DangerousAddRef(ref held);
            if (setns((int)space.DangerousGetHandle(), CLONE_NEWNET) < 0)
                throw new KernelException("entering a network namespace", errno);
        }
        finally
        {
            if (held)
                space.DangerousRelease();
        }
    }

    private void GoHome()
    {
        // A thread that stays in a foreign namespace would make every later socket and rule land there: stopping is
        // the lesser harm. EPERM: without the privilege the thread never left.
        if (setns((int)_home.DangerousGetHandle(), CLONE_NEWNET) < 0 && errno != EPERM)
            Environment.FailFast($"cannot return from a network namespace: error {errno}");
    }
}
