using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.Desired;

/// <summary>
/// View → desired kernel state. What a network needs is made again only when the network, the hosts or this host's
/// own names change; so one changed endpoint costs its own network and no other. Not thread-safe: one loop applies.
/// </summary>
internal sealed class Translator(HostContext self)
{
    private static readonly BridgeDriver BridgeNetworks = new();
    private static readonly OverlayDriver OverlayNetworks = new();

    private ImmutableDictionary<ObjectId, TranslatedNetwork> _networks = ImmutableDictionary<ObjectId, TranslatedNetwork>.Empty;
    private ImmutableDictionary<string, HostRecord> _hosts = ImmutableDictionary<string, HostRecord>.Empty;

    /// <param name="ending">Stopped sandboxes whose command has not ended yet: it keeps its network until then.</param>
    public DesiredHost Translate(HostView view, ImmutableHashSet<ObjectId> ending)
    {
        if (!ReferenceEquals(_hosts, view.Hosts))
        {
            _networks = _networks.Clear();
            _hosts = view.Hosts;
        }
        var context = self with { Hosts = view.Hosts };
        var translated = ImmutableDictionary.CreateBuilder<ObjectId, TranslatedNetwork>();
        foreach (var network in view.Networks.Values)
        {
            translated[network.Id] = _networks.TryGetValue(network.Id, out var before) && ReferenceEquals(before.View, network)
                ? before
                : TranslatedNetwork.From(network, context, DriverOf(network.Spec));
        }
        _networks = translated.ToImmutable();
        var present = _networks.Values.Where(n => n.IsPresent).OrderBy(n => n.View.Id).ToArray();
        var sandboxes = SandboxTranslator.Translate(view, present, ending);
        return new DesiredHost
        {
            Links = [.. present.SelectMany(n => n.Segment), .. EndpointLinks(present, sandboxes)],
            Sandboxes = sandboxes,
            Filter = FilterTranslator.Translate(view, present, sandboxes),
            RoutesV6 = present.Any(n => n.View.Spec.Subnets.Any(s => !s.Prefix.IsV4)),
            Problems = _networks.Values.Where(n => n.Problem is not null).ToImmutableDictionary(n => n.View.Id, n => n.Problem!),
        };
    }

    private IEnumerable<DesiredLink> EndpointLinks(TranslatedNetwork[] present, ImmutableDictionary<ObjectId, DesiredSandbox> sandboxes) =>
        from network in present
        from endpoint in network.Local
        where sandboxes.TryGetValue(endpoint.Sandbox, out var sandbox) && sandbox.Record.Mode == SandboxModes.Isolated
        select new DesiredLink
        {
            Name = LinkNames.Endpoint(endpoint.Id),
            Kind = DesiredLinkKind.Veth,
            Owner = endpoint.Id,
            Sandbox = endpoint.Sandbox,
            Alias = self.Mark.Of(endpoint.Id),
            Mtu = network.Mtu,
            Master = LinkNames.Bridge(network.View.Spec),
            Port = new() { Isolated = !NetworkOptions.IsOn(network.View.Spec, NetworkOptions.EnableIcc, otherwise: true) },
            Sysctls = [($"net/ipv6/conf/{LinkNames.Endpoint(endpoint.Id)}/disable_ipv6", "1")],
        };

    // Drivers host and none have no segment; drivers this build does not know are refused where networks are made.
    private static INetworkDriver? DriverOf(NetworkRecord network) => network.Driver switch
    {
        "bridge" => BridgeNetworks,
        "overlay" => OverlayNetworks,
        _ => null,
    };
}

/// <summary>One network in kernel words, kept as long as its view is the same object.</summary>
internal sealed record TranslatedNetwork(
    NetworkView View, int Mtu, ImmutableArray<DesiredLink> Segment, ImmutableArray<EndpointRecord> Local, string? Problem)
{
    /// <summary>The network's links exist on this host: it has an endpoint here.</summary>
    public bool IsPresent => !Segment.IsEmpty;

    public static TranslatedNetwork From(NetworkView view, HostContext host, INetworkDriver? driver)
    {
        ImmutableArray<EndpointRecord> local =
            [.. view.Endpoints.Values.Where(e => e.Host == host.Name).OrderBy(e => e.Created).ThenBy(e => e.Id)];
        if (driver is null || local.IsEmpty)
            return new(view, 0, [], local, null);
        return driver.Validate(view, host) is { } problem
            ? new(view, 0, [], local, problem)
            : new(view, driver.Mtu(view, host), driver.Segment(view, host), local, null);
    }
}
