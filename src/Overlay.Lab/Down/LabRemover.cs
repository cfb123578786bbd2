using Overlay.Contracts.Client;
using Overlay.Core;
using Overlay.Lab.Kernel;
using Overlay.Lab.Up;

namespace Overlay.Lab.Down;

/// <summary>Takes a lab away, whole or half made, running or crashed; every step copes with nothing being there.</summary>
internal static class LabRemover
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <param name="lab">Null when the directory holds no readable state: then there is only the directory.</param>
    public static async Task RemoveAsync(string name, LabState? lab, CancellationToken cancel)
    {
        var paths = new LabPaths(name);
        if (lab is not null)
        {
            await EndProcessesAsync(lab, cancel);
            await Command.RunAsync(["ip", "link", "delete", "dev", lab.ManagementLink], null, cancel);
            await Uplink.CloseAsync(lab, LabPlanner.Others(name), cancel);
            RemoveContext(lab);
        }
        using (await LabLock.TakeAsync(LabPaths.CommonLock, "another 'overlay lab up' or 'down'", cancel))
        {
            if (Directory.Exists(paths.Lab))
            {
                Directory.Delete(paths.Lab, recursive: true);
            }
            if (LabPaths.Names().Count == 0)
            {
                StateMountPoint.Clear();
            }
        }
    }

    // The supervisor first, or it would start again what is killed.
    private static async Task EndProcessesAsync(LabState lab, CancellationToken cancel)
    {
        var processes = new LabProcesses(lab);
        processes.LearnNamespaces();
        if (lab.Supervisor is { IsAlive: true } supervisor)
        {
            _ = Libc.kill(supervisor.Pid, Libc.SIGKILL);
        }
        var started = TimeProvider.System.GetTimestamp();
        while (processes.Find() is { Count: > 0 } left)
        {
            LabProcesses.Kill(left);
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new RefusalException(
                    ErrorCodes.Deadline,
                    $"lab {lab.Name} does not end: these processes survive SIGKILL: {string.Join(", ", left)}; see 'ps -o pid,stat,wchan,cmd -p {string.Join(',', left)}' and run 'overlay lab down --name {lab.Name}' again",
                    ("lab", lab.Name));
            }
            await Task.Delay(Interval, cancel);
        }
    }

    private static void RemoveContext(LabState lab)
    {
        var contexts = new ContextStore(lab.ContextDirectory);
        if (!IsOurs(contexts, lab))
        {
            return;
        }
        var inUse = contexts.Current == lab.Name;
        contexts.Remove(lab.Name);
        if (inUse && lab.PreviousContext is { } previous && previous != lab.Name && contexts.Names().Contains(previous))
        {
            contexts.Use(previous);
        }
        RemoveEmpty(contexts.Directory);
    }

    // Of an earlier lab of this name too: its cluster is gone. But not what a user wrote under the same name.
    private static bool IsOurs(ContextStore contexts, LabState lab)
    {
        try
        {
            return contexts.Find(lab.Name)?.Lab == lab.Name;
        }
        catch (RefusalException)
        {
            return false;
        }
    }

    private static void RemoveEmpty(string directory)
    {
        if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Directory.Delete(directory);
        }
    }
}
