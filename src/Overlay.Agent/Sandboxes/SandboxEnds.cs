using System.Collections.Immutable;
using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Agent.Names;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Sandboxes;

/// <summary>Takes away what a sandbox that ended (or was removed) leaves: processes, names, files, its namespace.</summary>
internal sealed class SandboxEnds(
    AgentPaths paths, SandboxSpaces spaces, CommandSupervisor commands, SandboxNames names, SandboxFiles files, LastView last, Action wake)
{
    private ImmutableHashSet<ObjectId>? _hostMode;

    /// <summary>Returns the sandboxes whose processes have not ended yet.</summary>
    public ImmutableHashSet<ObjectId> EndSurplus(DesiredHost desired, bool mayDelete, Problems problems)
    {
        if (!mayDelete)
            return [];
        var pending = ImmutableHashSet.CreateBuilder<ObjectId>();
        foreach (var (sandbox, name) in spaces.Surplus(desired.Sandboxes).ToArray())
        {
            try
            {
                if (!End(sandbox, name))
                    pending.Add(sandbox);
            }
            catch (Exception error) when (error is KernelException or IOException or UnauthorizedAccessException)
            {
                problems.Add(sandbox, error.Message);
            }
        }
        var hostMode = desired.Sandboxes.Values.Where(s => !s.HasNamespace).Select(s => s.Record.Id).ToImmutableHashSet();
        // The first time: what was removed while no agent ran. Without a namespace there is no mark, only the command's files.
        var before = _hostMode ?? commands.Known().Except(desired.Sandboxes.Keys).Except(pending).ToImmutableHashSet();
        foreach (var sandbox in before.Except(hostMode))
        {
            if (commands.Stop(sandbox, null, atOnce: !last.Knows(sandbox), wake))
                Forget(sandbox);
            else
                pending.Add(sandbox);
        }
        _hostMode = hostMode.Union(pending.Intersect(before));
        names.DropLeftovers(desired.Sandboxes);
        return pending.ToImmutable();
    }

    private bool End(ObjectId sandbox, string name)
    {
        names.End(sandbox);
        var space = spaces.Borrow(sandbox, name);
        // rm is at once, stop gives time to end.
        if (!commands.Stop(sandbox, space?.Id.ToString(), atOnce: !last.Knows(sandbox), wake))
            return false;
        // The mark goes last, with the namespace: whoever comes after a crash half-way finds it and goes on.
        files.Remove(name);
        AtomicFile.Delete(paths.TableMemory(sandbox));
        Forget(sandbox);
        spaces.Delete(sandbox, name);
        return true;
    }

    // A stopped sandbox keeps its output.
    private void Forget(ObjectId sandbox)
    {
        if (!last.Knows(sandbox))
            commands.Forget(sandbox);
    }
}

/// <summary>The roster of the pass that runs: tells a stopped sandbox from a removed one.</summary>
internal sealed class LastView
{
    public View.HostView View { get; set; } = Agent.View.HostView.Empty;

    public bool Knows(ObjectId sandbox) => View.Sandboxes.ContainsKey(sandbox);
}
