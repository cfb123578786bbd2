using System.Collections.Immutable;
using System.Globalization;
using Overlay.Agent.Liveness;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Core.Networks;
using Overlay.Dns;

namespace Overlay.Agent.Names;

/// <summary>
/// Views → the table that DNS answers from. Follows every change of the view at once, without waiting for the kernel, and
/// touches only what differs from the view before.
/// </summary>
internal sealed class NameFeed : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _host;
    private readonly ViewStore _views;
    private readonly IHostLiveness _liveness;
    private readonly DnsServer _server;
    private ImmutableDictionary<ObjectId, NetworkView> _seen = ImmutableDictionary<ObjectId, NetworkView>.Empty;
    private ImmutableHashSet<string> _draining = [];
    private NameTable _table = NameTable.Empty;

    public NameFeed(AgentOptions options, ViewStore views, IHostLiveness liveness, DnsServer server)
    {
        _host = options.HostName;
        _views = views;
        _liveness = liveness;
        _server = server;
        views.Changed += OnView;
        liveness.Changed += OnLiveness;
    }

    public void Dispose()
    {
        _views.Changed -= OnView;
        _liveness.Changed -= OnLiveness;
    }

    private void OnLiveness() => OnView(_views.Current);

    private void OnView(HostView ignored)
    {
        lock (_lock)
        {
            // Calls may overtake each other: the newest view counts, not the one that came along.
            var view = _views.Current;
            var table = _table;
            foreach (var gone in _seen.Keys.Where(id => !view.Networks.ContainsKey(id)))
                table = table.Without(gone);
            ImmutableHashSet<string> draining = [.. view.Hosts.Values.Where(h => h.Draining).Select(h => h.Name)];
            var turned = draining.SymmetricExcept(_draining);
            _draining = draining;
            foreach (var network in view.Networks.Values)
            {
                if (!_seen.TryGetValue(network.Id, out var before) || !ReferenceEquals(before, network) || !turned.IsEmpty)
                    table = table.With(network.Id, Follow(table.Find(network.Id), before, network, turned));
            }
            var down = _liveness.Down;
            foreach (var host in table.DownHosts.Where(h => !down.ContainsKey(h)).ToArray())
                table = table.WithHostUp(host);
            foreach (var host in down.Keys.Where(h => !table.DownHosts.Contains(h)))
                table = table.WithHostDown(host);
            _seen = view.Networks;
            _server.Update(_table = table);
        }
    }

    /// <param name="turned">Hosts that began to drain, or ceased to.</param>
    private NetworkNames Follow(NetworkNames? names, NetworkView? before, NetworkView network, ImmutableHashSet<string> turned)
    {
        var ttl = TtlOf(network.Spec);
        if (names is null || before is null || names.Name != network.Spec.Name)
            (names, before) = (new NetworkNames(network.Spec.Name, ttl), null);
        if (names.Ttl != ttl)
            names = names.WithTtl(ttl);
        foreach (var gone in before?.Endpoints.Keys.Where(id => !network.Endpoints.ContainsKey(id)) ?? [])
            names = names.Without(gone);
        foreach (var (id, endpoint) in network.Endpoints)
        {
            if (!ReferenceEquals(before?.Endpoints.GetValueOrDefault(id), endpoint) || turned.Contains(endpoint.Host))
                names = IsReachable(network.Spec, endpoint) ? names.With(NamesOf(endpoint)) : names.Without(id);
        }
        foreach (var gone in before?.Policies.Keys.Where(name => !network.Policies.ContainsKey(name)) ?? [])
            names = names.WithPolicy(gone, null);
        foreach (var (name, policy) in network.Policies)
            names = names.WithPolicy(name, PolicyOf(policy));
        return names;
    }

    // Hosts do not reach each other on a bridge network.
    private bool IsReachable(NetworkRecord network, EndpointRecord endpoint) => network.Driver != "bridge" || endpoint.Host == _host;

    private static TimeSpan TtlOf(NetworkRecord network) =>
        network.Options.TryGetValue(DriverOptions.DnsTtl, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : NetworkNames.DefaultTtl;

    private EndpointNames NamesOf(EndpointRecord endpoint) =>
        new(endpoint.Id, endpoint.Host, endpoint.Names, endpoint.Addresses, Draining: endpoint.Draining || _draining.Contains(endpoint.Host));

    private static NamePolicy PolicyOf(NamePolicyRecord policy) =>
        new(policy.PreferLocal ? NamePreference.Local : NamePreference.Spread, TimeSpan.FromSeconds(policy.TtlSeconds));
}
