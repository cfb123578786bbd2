using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;

namespace Overlay.Agent.Desired;

/// <summary>One network in kernel words, kept as long as its view is the same object. A link that is the same as before is the
/// same object, too.</summary>
internal sealed record TranslatedNetwork(
    NetworkView View, int Mtu, ImmutableArray<DesiredLink> Segment, DesiredSubLink? SubLink, ImmutableArray<EndpointRecord> Local, string? Problem)
{
    /// <summary>The links of the endpoints here, in their order; none on a parent's network.</summary>
    public ImmutableArray<DesiredLink> Ports { get; private init; } = [];

    /// <summary>The network is on this host, where it has an endpoint, and can be carried.</summary>
    public bool IsPresent => !Segment.IsEmpty || SubLink is not null;

    /// <summary>All that sandboxes take from their network is the same.</summary>
    public bool GivesTheSameAs(TranslatedNetwork other) =>
        ReferenceEquals(this, other) || ReferenceEquals(View.Spec, other.View.Spec) && Mtu == other.Mtu && SubLink == other.SubLink;

    public static TranslatedNetwork From(NetworkView view, HostContext host, INetworkDriver? driver, TranslatedNetwork? before)
    {
        ImmutableArray<EndpointRecord> local =
            [.. view.Endpoints.Values.Where(e => e.Host == host.Name).OrderBy(e => e.Created).ThenBy(e => e.Id)];
        if (driver is null || local.IsEmpty)
            return new(view, 0, [], null, local, null);
        if (driver.Validate(view, host) is { } problem)
            return new(view, 0, [], null, local, problem);
        var known = before is null ? [] : before.Segment.ToDictionary(l => l.Name);
        var made = new TranslatedNetwork(
            view, driver.Mtu(view, host), [.. driver.Segment(view, host).Select(l => known.TryGetValue(l.Name, out var same) && same.SameAs(l) ? same : l)], driver.SubLink(view.Spec), local, null);
        return made.SubLink is not null ? made : made with { Ports = made.PortsLike(before, host.Mark) };
    }

    private ImmutableArray<DesiredLink> PortsLike(TranslatedNetwork? before, ObjectMark mark)
    {
        var known = before is not null && GivesTheSameAs(before) ? before.Ports.ToDictionary(l => l.Owner) : [];
        return [.. Local.Select(e => known.TryGetValue(e.Id, out var link) && link.Sandbox == e.Sandbox ? link : Port(e, mark))];
    }

    private DesiredLink Port(EndpointRecord endpoint, ObjectMark mark)
    {
        var name = LinkNames.Endpoint(endpoint.Id);
        return new()
        {
            Name = name,
            Kind = DesiredLinkKind.Veth,
            Owner = endpoint.Id,
            Sandbox = endpoint.Sandbox,
            Alias = mark.Of(endpoint.Id),
            Mtu = Mtu,
            Master = LinkNames.Bridge(View.Spec),
            Port = new() { Isolated = !NetworkOptions.IsOn(View.Spec, NetworkOptions.EnableIcc, otherwise: true) },
            Sysctls = [($"net/ipv6/conf/{name}/disable_ipv6", "1")],
        };
    }
}
