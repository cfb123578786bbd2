using System.Collections.Immutable;
using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Agent.Names;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Sandboxes;

/// <summary>Takes away what a sandbox that ended (or was removed) leaves: processes, names, files, its namespace.</summary>
internal sealed class SandboxEnds(
    AgentPaths paths, SandboxSpaces spaces, CommandSupervisor commands, SandboxNames names, SandboxFiles files, Action wake)
{
    // Stopped, and nothing of them runs: what their commands have written is kept as long as they are.
    private readonly HashSet<ObjectId> _kept = [];
    private ImmutableHashSet<ObjectId>? _spaceless;

    /// <summary>
    /// Tells the commands of stopped sandboxes to end. Returns those that have not: until then a command keeps its
    /// network, as in Docker, for what it does on SIGTERM may need it. A removed one is killed, and needs nothing. Commands
    /// that join the namespace are in it: they end with it, and are not started again before it is there again.
    /// </summary>
    public ImmutableHashSet<ObjectId> StopCommands(HostView view, Problems problems)
    {
        var ending = ImmutableHashSet.CreateBuilder<ObjectId>();
        foreach (var (sandbox, name) in spaces.All.Where(space => view.Sandboxes.GetValueOrDefault(space.Sandbox) is { Started: false }).ToArray())
        {
            foreach (var joined in view.MayDelete ? view.Sandboxes.Values.Where(s => s.Joins == sandbox) : [])
                commands.LeaveBehind(joined.Id);
            if (!view.MayDelete || !Guarded(sandbox, problems, () => Stop(sandbox, name, view), otherwise: false))
                ending.Add(sandbox);
        }
        return ending.ToImmutable();
    }

    /// <summary>Returns the sandboxes whose processes have not ended yet.</summary>
    public ImmutableHashSet<ObjectId> EndSurplus(DesiredHost desired, HostView view, Problems problems)
    {
        if (!view.MayDelete)
            return [];
        var pending = ImmutableHashSet.CreateBuilder<ObjectId>();
        foreach (var (sandbox, name) in spaces.Surplus(desired.Sandboxes).ToArray())
        {
            if (!Guarded(sandbox, problems, () => End(sandbox, name, view), otherwise: true))
                pending.Add(sandbox);
        }
        DropFiles(desired, problems);
        var spaceless = desired.Sandboxes.Values.Where(s => !s.HasNamespace).Select(s => s.Record.Id).ToImmutableHashSet();
        // The first time: what was removed while no agent ran. Without a namespace there is no mark, only the command's files.
        var before = _spaceless ?? commands.Known().Except(desired.Sandboxes.Keys).Except(pending).ToImmutableHashSet();
        foreach (var sandbox in before.Except(spaceless))
        {
            // It is to run, and the sandbox that it joins is not there: once it is, it runs again.
            if (view.Sandboxes.GetValueOrDefault(sandbox) is { Started: true })
                commands.LeaveBehind(sandbox);
            if (commands.Stop(sandbox, null, atOnce: IsRemoved(sandbox, view), wake))
                Forget(sandbox, view);
            else
                pending.Add(sandbox);
        }
        _spaceless = spaceless.Union(pending.Intersect(before));
        _kept.ExceptWith(desired.Sandboxes.Keys);
        foreach (var sandbox in _kept.Where(id => IsRemoved(id, view)).ToArray())
            Forget(sandbox, view);
        names.DropLeftovers(desired.Sandboxes);
        return pending.ToImmutable();
    }

    private bool End(ObjectId sandbox, string name, HostView view)
    {
        names.End(sandbox);
        if (!Stop(sandbox, name, view))
            return false;
        // The mark goes last, with the namespace: whoever comes after a crash half-way finds it and goes on.
        Forget(sandbox, view);
        // Here and not with its folder: that may be another sandbox's by now, of the same name.
        AtomicFile.Delete(paths.TableMemory(sandbox));
        spaces.Delete(sandbox, name);
        return true;
    }

    // By marks of their own: after a reboot no namespace tells of them.
    private void DropFiles(DesiredHost desired, Problems problems)
    {
        var used = desired.Sandboxes.Values.Where(s => s.Record.HasFiles()).Select(s => s.Record.Name).Concat(spaces.All.Select(s => s.Name)).ToHashSet();
        foreach (var (sandbox, name) in files.All.Where(f => !used.Contains(f.Name)).ToArray())
        {
            Guarded(sandbox, problems, otherwise: true, end: () =>
            {
                files.Remove(name);
                AtomicFile.Delete(paths.TableMemory(sandbox));
                return true;
            });
        }
    }

    private bool Stop(ObjectId sandbox, string name, HostView view) =>
        commands.Stop(sandbox, spaces.Borrow(sandbox, name)?.Id.ToString(), atOnce: IsRemoved(sandbox, view), wake);

    // A stopped sandbox keeps its output.
    private void Forget(ObjectId sandbox, HostView view)
    {
        if (!IsRemoved(sandbox, view))
        {
            _kept.Add(sandbox);
            return;
        }
        commands.Forget(sandbox);
        _kept.Remove(sandbox);
    }

    private static bool IsRemoved(ObjectId sandbox, HostView view) => !view.Sandboxes.ContainsKey(sandbox);

    private static bool Guarded(ObjectId sandbox, Problems problems, Func<bool> end, bool otherwise)
    {
        try
        {
            return end();
        }
        catch (Exception error) when (error is KernelException or IOException or UnauthorizedAccessException)
        {
            problems.Add(sandbox, error.Message);
            return otherwise;
        }
    }
}
