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
            foreach (var one in failure.Further.Prepend(failure))
            {
                if (!(goneIsFine && one.IsGone))
                    problems.Add(OwnerOf(one, changes), one.Message);
            }
        }
        return changes.Count;
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
