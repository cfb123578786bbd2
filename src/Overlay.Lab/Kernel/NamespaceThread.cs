namespace Overlay.Lab.Kernel;

/// <summary>
/// Runs work inside another process's network namespace, on a thread that ends afterwards: a pool thread that had
/// changed its namespace would carry it into unrelated work.
/// </summary>
internal static class NamespaceThread
{
    public static Task Run(int pid, Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Enter(pid);
                work();
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }, maxStackSize: 256 * 1024)
        { IsBackground = true, Name = $"netns of {pid}" }.Start();
        return done.Task;
    }

    private static void Enter(int pid)
    {
        var path = $"/proc/{pid}/ns/net";
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Libc.Failure($"open {path}");
        }
        var entered = Libc.setns(fd, Libc.CLONE_NEWNET);
        var failure = entered < 0 ? Libc.Failure($"enter {path}") : null;
        _ = Libc.close(fd);
        if (failure is not null)
        {
            throw failure;
        }
    }
}
