using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ports;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Hosts;

/// <summary>What each command on the published ports of a host changes. Pure.</summary>
internal static class PortDecisions
{
    private const int PortsInARefusal = 8;

    public static Decision<RosterState, PortsReply> Publish(
        RosterState state, Moment moment, ObjectId id, ImmutableArray<PortRequest> requests, ImmutableArray<BusyPort> busy)
    {
        var sandbox = Require(state, id);
        var (ports, published) = Take(state.Ports, sandbox.Name, requests, busy);
        return Put(state with { Ports = ports }, moment, sandbox with { Ports = sandbox.Ports.AddRange(published) }, published);
    }

    /// <summary>All ports that one of the requests matches; a request that matches none refuses all.</summary>
    public static Decision<RosterState, PortsReply> Unpublish(RosterState state, Moment moment, ObjectId id, ImmutableArray<PortRequest> requests)
    {
        var sandbox = Require(state, id);
        if (requests.Where(r => !sandbox.Ports.Any(p => Matches(r, p))).Select(TextOf).FirstOrDefault() is { } missing)
            throw NotPublished(sandbox, missing);
        return Remove(state, moment, sandbox, [.. sandbox.Ports.Where(p => requests.Any(r => Matches(r, p)))]);
    }

    /// <summary>Exactly these, as far as they are there.</summary>
    public static Decision<RosterState, bool> Withdraw(RosterState state, Moment moment, ObjectId id, ImmutableArray<PublishedPort> ports)
    {
        if (!state.Sandboxes.TryGetValue(id, out var sandbox))
            return Decision.Keep(state, false);
        var removed = Remove(state, moment, sandbox, [.. sandbox.Ports.Intersect(ports)]);
        return new(removed.Next, true, removed.Changes);
    }

    /// <summary>Takes host ports, choosing those that are left open.</summary>
    public static (HostPorts Ports, ImmutableArray<PublishedPort> Published) Take(
        HostPorts ports, string sandbox, ImmutableArray<PortRequest> requests, ImmutableArray<BusyPort> busy)
    {
        var published = ImmutableArray.CreateBuilder<PublishedPort>(requests.Length);
        var avoided = busy.IsDefaultOrEmpty ? [] : busy.ToHashSet();
        foreach (var request in requests)
        {
            ports = ports.Take(
                new PortMapping(request.Protocol, request.HostAddress, request.HostPort, request.HostPortLast, request.SandboxPort),
                sandbox, out var hostPort, (protocol, port) => avoided.Contains(new(protocol, port)));
            published.Add(new PublishedPort
            {
                Protocol = request.Protocol,
                HostAddress = request.HostAddress,
                HostPort = hostPort,
                SandboxPort = request.SandboxPort,
            });
        }
        return (ports, published.DrainToImmutable());
    }

    private static bool Matches(PortRequest request, PublishedPort port) =>
        request.Protocol == port.Protocol && request.SandboxPort == port.SandboxPort
        && (request.HostAddress is not { } address || address == (port.HostAddress ?? Address.V4(0)))
        && (request.HostPort is not { } first || (first <= port.HostPort && port.HostPort <= (request.HostPortLast ?? first)));

    private static Decision<RosterState, PortsReply> Remove(RosterState state, Moment moment, SandboxRecord sandbox, ImmutableArray<PublishedPort> ports)
    {
        var free = ports.Aggregate(state.Ports, (taken, p) => taken.Without(p.Protocol, p.HostAddress, p.HostPort));
        return Put(state with { Ports = free }, moment, sandbox with { Ports = [.. sandbox.Ports.Except(ports)] }, ports);
    }

    private static Decision<RosterState, PortsReply> Put(RosterState state, Moment moment, SandboxRecord sandbox, ImmutableArray<PublishedPort> ports) => new(
        state.With(sandbox),
        new PortsReply { Ports = ports, Revision = moment.Revision },
        [Decision.Put(Fields.Sandbox(sandbox.Id), sandbox)]);

    private static SandboxRecord Require(RosterState state, ObjectId id) => state.Sandboxes.GetValueOrDefault(id)
        ?? throw new RefusalException(ErrorCodes.NotFound, $"sandbox {id.Short} is gone", ("kind", "sandbox"), ("asked", id.ToString()));

    private static RefusalException NotPublished(SandboxRecord sandbox, string missing)
    {
        var published = sandbox.Ports.Select(TextOf).ToList();
        var some = string.Join(", ", published.Take(PortsInARefusal)) + (published.Count > PortsInARefusal ? $" and {published.Count - PortsInARefusal} more" : "");
        return new(
            ErrorCodes.NotPublished,
            $"sandbox '{sandbox.Name}' does not publish {missing}, so nothing is taken off; it publishes {(some.Length == 0 ? "nothing" : some)}",
            ("sandbox", sandbox.Name), ("port", missing), ("published", string.Join(",", published)));
    }

    private static string TextOf(PortRequest port) => (port.HostPort, port.HostPortLast) switch
    {
        (null, _) => TextOf(port.HostAddress, "", port.SandboxPort, port.Protocol),
        ({ } first, null) => TextOf(port.HostAddress, $"{first}", port.SandboxPort, port.Protocol),
        ({ } first, { } last) => TextOf(port.HostAddress, $"{first}-{last}", port.SandboxPort, port.Protocol),
    };

    /// <summary>As the user would write it: 127.0.0.1:8080:80/tcp.</summary>
    public static string TextOf(PublishedPort port) => TextOf(port.HostAddress, $"{port.HostPort}", port.SandboxPort, port.Protocol);

    private static string TextOf(Address? address, string hostPort, int port, string protocol) => address switch
    {
        null => hostPort.Length == 0 ? $"{port}/{protocol}" : $"{hostPort}:{port}/{protocol}",
        { IsV4: true } at => $"{at}:{hostPort}:{port}/{protocol}",
        { } at => $"[{at}]:{hostPort}:{port}/{protocol}",
    };
}
