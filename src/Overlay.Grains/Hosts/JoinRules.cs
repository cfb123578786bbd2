using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Grains.Hosts;

/// <summary>
/// Sandboxes that use another one's network stack. Both are in one roster, so that what one needs of the other is
/// decided in the commit itself. Pure.
/// </summary>
internal static class JoinRules
{
    /// <summary>By name.</summary>
    public static ImmutableArray<SandboxRecord> JoinedTo(RosterState state, ObjectId sandbox) =>
        [.. state.Sandboxes.Values.Where(s => s.Joins == sandbox).OrderBy(s => s.Name, StringComparer.Ordinal)];

    /// <exception cref="RefusalException">not-found, not-running: the sandbox that it joins.</exception>
    public static void RequireRunning(RosterState state, SandboxRecord sandbox)
    {
        if (sandbox.Joins is not { } id)
            return;
        if (!state.Sandboxes.TryGetValue(id, out var joined))
        {
            throw new RefusalException(
                ErrorCodes.NotRunning,
                $"sandbox '{sandbox.Name}' uses the network of sandbox {id.Short}, which is gone; remove '{sandbox.Name}' and make it again with --network container:NAME",
                ("sandbox", sandbox.Name), ("joined", id.ToString()));
        }
        if (!joined.Started)
        {
            throw new RefusalException(
                ErrorCodes.NotRunning,
                $"sandbox '{sandbox.Name}' cannot join the network of '{joined.Name}', which is stopped and has none; start that one first: overlay sandbox start {joined.Name}",
                ("sandbox", sandbox.Name), ("joined", joined.Name));
        }
    }

    /// <exception cref="RefusalException">not-removable: another sandbox joins it.</exception>
    public static void RequireUnjoined(RosterState state, ObjectId sandbox)
    {
        var joined = JoinedTo(state, sandbox);
        if (joined.IsEmpty)
            return;
        var (name, names) = (state.Sandboxes.GetValueOrDefault(sandbox)?.Name ?? sandbox.Short, string.Join(",", joined.Select(s => s.Name)));
        throw new RefusalException(
            ErrorCodes.NotRemovable,
            $"sandbox '{name}' cannot be removed: its network is also that of {string.Join(", ", joined.Select(s => $"'{s.Name}'"))}; remove {(joined.Length == 1 ? "that one" : "those")} first, or use --force, which stops {(joined.Length == 1 ? "it" : "them")}",
            ("sandbox", name), ("joined", names));
    }
}
