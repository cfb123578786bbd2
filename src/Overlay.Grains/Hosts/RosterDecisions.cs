using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Ports;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Hosts;

/// <summary>What each command on a roster changes. Pure.</summary>
internal static class RosterDecisions
{
    public static Decision<RosterState, RosterReply> Add(RosterState state, Moment moment, SandboxRecord sandbox, ImmutableArray<PortRequest> requests)
    {
        if (state.Sandboxes.TryGetValue(sandbox.Id, out var existing))
            return Decision.Keep(state, new RosterReply { Sandbox = existing, Revision = moment.Revision - 1 });
        var ports = state.Ports;
        var published = ImmutableArray.CreateBuilder<PublishedPort>(requests.Length);
        foreach (var request in requests)
        {
            ports = ports.Take(
                new PortMapping(request.Protocol, request.HostAddress, request.HostPort, request.HostPortLast, request.SandboxPort), sandbox.Name, out var hostPort);
            published.Add(new PublishedPort
            {
                Protocol = request.Protocol,
                HostAddress = request.HostAddress,
                HostPort = hostPort,
                SandboxPort = request.SandboxPort,
            });
        }
        return Put(state with { Ports = ports }, moment, sandbox with { Ports = published.DrainToImmutable(), Created = moment.Now });
    }

    public static Decision<RosterState, RosterReply> SetStarted(RosterState state, Moment moment, ObjectId id, bool started)
    {
        if (!state.Sandboxes.TryGetValue(id, out var sandbox))
            throw new RefusalException(ErrorCodes.NotFound, $"sandbox {id.Short} is gone", ("kind", "sandbox"), ("asked", id.ToString()));
        // A start counts even while it is started: a command that has ended runs again.
        return started || sandbox.Started
            ? Put(state, moment, sandbox with { Started = started, Generation = started ? sandbox.Generation + 1 : sandbox.Generation })
            : Decision.Keep(state, new RosterReply { Sandbox = sandbox, Revision = moment.Revision - 1 });
    }

    public static Decision<RosterState, ulong> Remove(RosterState state, Moment moment, ObjectId id) => state.Sandboxes.TryGetValue(id, out var sandbox)
        ? new(state.Without(sandbox), moment.Revision, [Decision.Delete(Fields.Sandbox(id))])
        : Decision.Keep(state, moment.Revision - 1);

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
