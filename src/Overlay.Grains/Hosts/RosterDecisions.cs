using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Hosts;

/// <summary>What each command on a roster changes. Pure.</summary>
internal static class RosterDecisions
{
    /// <param name="until">Its name is its own for so long.</param>
    public static Decision<RosterState, RosterReply> Add(
        RosterState state, Moment moment, SandboxRecord sandbox, ImmutableArray<PortRequest> requests, ImmutableArray<BusyPort> busy, DateTimeOffset until)
    {
        if (state.Sandboxes.TryGetValue(sandbox.Id, out var existing))
            return Decision.Keep(state, new RosterReply { Sandbox = existing, Revision = moment.Revision - 1 });
        if (moment.Now > until)
        {
            throw new RefusalException(
                ErrorCodes.Expired, $"making sandbox '{sandbox.Name}' took so long that its name and addresses are taken back; make it again", ("sandbox", sandbox.Name));
        }
        JoinRules.RequireRunning(state, sandbox);
        var (ports, published) = PortDecisions.Take(state.Ports, sandbox.Name, requests, busy);
        return Put(state with { Ports = ports }, moment, sandbox with { Ports = published, Created = moment.Now });
    }

    public static Decision<RosterState, RosterReply> SetStarted(RosterState state, Moment moment, ObjectId id, bool started)
    {
        if (!state.Sandboxes.TryGetValue(id, out var sandbox))
            throw new RefusalException(ErrorCodes.NotFound, $"sandbox {id.Short} is gone", ("kind", "sandbox"), ("asked", id.ToString()));
        if (started)
            JoinRules.RequireRunning(state, sandbox);
        // A start counts even while it is started: a command that has ended runs again.
        return started || sandbox.Started
            ? Put(state, moment, sandbox with { Started = started, Generation = started ? sandbox.Generation + 1 : sandbox.Generation })
            : Decision.Keep(state, new RosterReply { Sandbox = sandbox, Revision = moment.Revision - 1 });
    }

    /// <summary>A commit even when it is not there: one of a paused activation that would add it then conflicts.</summary>
    public static Decision<RosterState, ulong> Remove(RosterState state, Moment moment, ObjectId id)
    {
        SandboxRecord[] left = [.. JoinRules.JoinedTo(state, id).Where(s => s.Started).Select(s => s with { Started = false })];
        state = state.Sandboxes.TryGetValue(id, out var sandbox) ? state.Without(sandbox) : state;
        return new(
            left.Aggregate(state, (next, stopped) => next.With(stopped)),
            moment.Revision,
            [Decision.Delete(Fields.Sandbox(id)), .. left.Select(stopped => Decision.Put(Fields.Sandbox(stopped.Id), stopped))]);
    }

    public static Decision<RosterState, ulong> RemoveUnjoined(RosterState state, Moment moment, ObjectId id)
    {
        JoinRules.RequireUnjoined(state, id);
        return Remove(state, moment, id);
    }

    public static Decision<RosterState, bool> ConfirmAbsent(RosterState state, ObjectId id) => state.Sandboxes.ContainsKey(id)
        ? Decision.Keep(state, false)
        : new(state, true, [Decision.Delete(Fields.Sandbox(id))]);

    public static Decision<RosterState, ulong> Follow(RosterState state, Moment moment, ObjectId network, ulong fence) =>
        state.Follows.TryGetValue(network, out var at) && at >= fence
            ? Decision.Keep(state, moment.Revision - 1)
            : new(
                state with { Follows = state.Follows.SetItem(network, fence) },
                moment.Revision,
                [Decision.Put(Fields.Network(network), new FollowRecord { Network = network, Fence = fence })]);

    public static Decision<RosterState, ulong> Unfollow(RosterState state, Moment moment, ObjectId network, ulong fence) =>
        state.Follows.TryGetValue(network, out var at) && at < fence
            ? new(state with { Follows = state.Follows.Remove(network) }, moment.Revision, [Decision.Delete(Fields.Network(network))])
            : Decision.Keep(state, moment.Revision - 1);

    private static Decision<RosterState, RosterReply> Put(RosterState state, Moment moment, SandboxRecord sandbox) => new(
        state.With(sandbox),
        new RosterReply { Sandbox = sandbox, Revision = moment.Revision },
        [Decision.Put(Fields.Sandbox(sandbox.Id), sandbox)]);
}
