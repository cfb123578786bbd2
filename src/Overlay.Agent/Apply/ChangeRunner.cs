using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>Writes what a plan says, in one batch, and tells for whose object each failure is.</summary>
internal static class ChangeRunner
{
    /// <summary>Returns how many writes were tried.</summary>
    public static int Run(INetNamespace space, IReadOnlyList<PlannedChange> changes, Problems problems, bool goneIsFine = false)
    {
        if (changes.Count == 0)
            return 0;
        try
        {
            space.Apply([.. changes.Select(c => c.Change)]);
        }
        catch (KernelException failure)
        {
            Report(failure, changes, problems, goneIsFine);
        }
        return changes.Count;
    }

    /// <summary>Deletes links. Returns when they are gone; the task when the kernel has done with them, with the problems there were.</summary>
    public static Task<Problems> Delete(INetNamespace space, IReadOnlyList<PlannedChange> changes)
    {
        return space.Delete([.. changes.Select(c => ((DeleteLink)c.Change).Name)]).ContinueWith(
            done =>
            {
                var problems = new Problems();
                if (done.Exception?.InnerException is KernelException failure)
                    Report(failure, changes, problems, goneIsFine: true);
                else if (done.Exception is { } error)
                    problems.Add(default, error.InnerException!.Message);
                return problems;
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public static int RunSysctls(INetNamespace space, IEnumerable<(string Name, string Value, ObjectId Owner)> settings, Problems problems)
    {
        var writes = 0;
        foreach (var (name, value, owner) in settings)
        {
            try
            {
                // Absent: this kernel, or this link, has no such setting (IPv6 is off altogether).
                if (space.ReadSysctl(name) is not { } actual || actual.Trim() == value)
                    continue;
                space.WriteSysctl(name, value);
                writes++;
            }
            catch (KernelException failure)
            {
                problems.Add(owner, failure.Message);
            }
        }
        return writes;
    }

    private static void Report(KernelException failure, IReadOnlyList<PlannedChange> changes, Problems problems, bool goneIsFine)
    {
        foreach (var one in failure.Further.Prepend(failure))
        {
            if (!(goneIsFine && one.IsGone))
                problems.Add(OwnerOf(one, changes), one.Message);
        }
    }

    private static ObjectId OwnerOf(KernelException failure, IReadOnlyList<PlannedChange> changes)
    {
        foreach (var change in changes)
        {
            if (failure.Action.StartsWith(change.Change.ToString(), StringComparison.Ordinal))
                return change.Owner;
        }
        return default;
    }
}
