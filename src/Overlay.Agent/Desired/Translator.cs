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
    private static readonly ParentDriver ParentNetworks = new();

    private ImmutableDictionary<ObjectId, TranslatedNetwork> _networks = ImmutableDictionary<ObjectId, TranslatedNetwork>.Empty;
    private readonly SandboxTranslator _sandboxes = new(self.Mark);
    private ImmutableHashSet<ObjectId> _onParents = [];
    private FilterElements _guard = FilterElements.Empty;
    private ImmutableDictionary<string, HostRecord> _hosts = ImmutableDictionary<string, HostRecord>.Empty;

    /// <param name="ending">Stopped sandboxes whose command has not ended yet: it keeps its network until then.</param>
    public DesiredHost Translate(HostView view, ImmutableHashSet<ObjectId> ending)
    {
        var sameHosts = ReferenceEquals(_hosts, view.Hosts);
        _hosts = view.Hosts;
        var context = self with { Hosts = view.Hosts };
        var translated = ImmutableDictionary.CreateBuilder<ObjectId, TranslatedNetwork>();
        foreach (var network in view.Networks.Values)
        {
            translated[network.Id] = _networks.TryGetValue(network.Id, out var before) && ReferenceEquals(before.View, network) && sameHosts
                ? before
                : TranslatedNetwork.From(network, context, DriverOf(network.Spec), before);
        }
        _networks = translated.ToImmutable();
        var refused = ParentShares.Refused(_networks.Values, _onParents);
        var present = _networks.Values.Where(n => n.IsPresent && !refused.ContainsKey(n.View.Id)).OrderBy(n => n.View.Id).ToArray();
        _onParents = [.. present.Where(n => n.SubLink is not null).Select(n => n.View.Id)];
        var changed = _sandboxes.Translate(view, present, ending);
        var sandboxes = _sandboxes.Current;
        _guard = _guard.Replace(
            SourceGuard.Elements(changed.Select(c => c.Before).OfType<DesiredSandbox>()), SourceGuard.Elements(changed.Select(c => c.Now).OfType<DesiredSandbox>()));
        var bridged = present.Where(n => n.SubLink is null).ToArray();
        return new DesiredHost
        {
            Links = [.. Segments(present), .. EndpointLinks(bridged, sandboxes)],
            Sandboxes = sandboxes,
            Filter = FilterTranslator.Translate(view, bridged, sandboxes),
            RoutesV6 = bridged.Any(n => n.View.Spec.Subnets.Any(s => !s.Prefix.IsV4)),
            Guard = _guard,
            Carries = bridged.Length > 0,
            Problems = _networks.Values.Where(n => n.Problem is not null).ToImmutableDictionary(n => n.View.Id, n => n.Problem!).AddRange(refused),
        };
    }

    // A VLAN link serves every network on it, in the name of the first.
    private static IEnumerable<DesiredLink> Segments(TranslatedNetwork[] present)
    {
        var links = present.SelectMany(n => n.Segment).ToLookup(l => l.Kind == DesiredLinkKind.Vlan);
        return links[true].DistinctBy(l => l.Name).Concat(links[false]);
    }

    private static IEnumerable<DesiredLink> EndpointLinks(TranslatedNetwork[] bridged, ImmutableDictionary<ObjectId, DesiredSandbox> sandboxes) =>
        from network in bridged
        from link in network.Ports
        where sandboxes.TryGetValue(link.Sandbox, out var sandbox) && sandbox.Record.Mode == SandboxModes.Isolated
        select link;

    // Drivers host and none need nothing; a driver that this build does not know was made by a newer one.
    private static INetworkDriver? DriverOf(NetworkRecord network) => network.Driver switch
    {
        "bridge" => BridgeNetworks,
        "overlay" => OverlayNetworks,
        "macvlan" or "ipvlan" => ParentNetworks,
        _ => null,
    };
}
