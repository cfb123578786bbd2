using System.Collections.Immutable;
using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Core.Names;

/// <summary>
/// The names of one network, forward and reverse. Immutable; each change shares all that it does not touch.
/// Which endpoints are in it is the caller's choice: of a bridge network only those on the same host.
/// </summary>
public sealed class NetworkNames
{
    public static readonly TimeSpan DefaultTtl = TimeSpan.FromSeconds(5);

    private static readonly NameTrie<NameSet> NoNames = NameTrie<NameSet>.Empty;

    private readonly NameTrie<NameSet> _names;
    private readonly ImmutableDictionary<string, NamePolicy> _policies;
    private readonly ImmutableDictionary<ObjectId, EndpointNames> _endpoints;
    private readonly ImmutableDictionary<Address, ImmutableList<ObjectId>> _owners;

    public NetworkNames(string name, TimeSpan? ttl = null)
        : this(
            name,
            ttl ?? DefaultTtl,
            NoNames,
            ImmutableDictionary.Create<string, NamePolicy>(StringComparer.OrdinalIgnoreCase),
            ImmutableDictionary<ObjectId, EndpointNames>.Empty,
            ImmutableDictionary<Address, ImmutableList<ObjectId>>.Empty)
    {
    }

    private NetworkNames(
        string name,
        TimeSpan ttl,
        NameTrie<NameSet> names,
        ImmutableDictionary<string, NamePolicy> policies,
        ImmutableDictionary<ObjectId, EndpointNames> endpoints,
        ImmutableDictionary<Address, ImmutableList<ObjectId>> owners)
    {
        Name = name;
        Ttl = ttl;
        Key = NameKey.Of(name);
        _names = names;
        _policies = policies;
        _endpoints = endpoints;
        _owners = owners;
    }

    /// <summary>The network's name, for NAME.NETWORK.</summary>
    public string Name { get; }

    /// <summary><see cref="Name"/> as names are compared.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    public TimeSpan Ttl { get; }

    public IEnumerable<EndpointNames> Endpoints => _endpoints.Values;

    /// <param name="key">As <see cref="NameKey"/> makes it.</param>
    public NameSet? Find(ReadOnlySpan<byte> key) => _names.Find(key);

    public NameSet? Find(string name) => _names.Find(NameKey.Of(name));

    /// <summary>What an endpoint said of itself; null when it is none of this network.</summary>
    public EndpointNames? Find(ObjectId endpoint) => _endpoints.GetValueOrDefault(endpoint);

    public bool Holds(Address address) => _owners.ContainsKey(address);

    /// <summary>First names of the endpoints that hold an address; more than one only while the address moves.</summary>
    public IEnumerable<string> NamesOf(Address address) =>
        _owners.TryGetValue(address, out var owners)
            ? from owner in owners select _endpoints[owner].Names.FirstOrDefault("") into name where name.Length > 0 select name
            : [];

    /// <summary>Adds an endpoint, or replaces what the same endpoint said before.</summary>
    public NetworkNames With(EndpointNames endpoint)
    {
        if (_endpoints.TryGetValue(endpoint.Endpoint, out var before) && SameAs(before, endpoint))
            return this;
        var rest = Without(endpoint.Endpoint);
        var names = rest._names;
        foreach (var name in endpoint.Names)
        {
            var key = NameKey.Of(name);
            var set = names.Find(key) ?? NameSet.Empty with { Policy = PolicyOf(name) };
            names = names.With(key, set.With(endpoint));
        }
        var owners = rest._owners;
        foreach (var address in endpoint.Addresses)
            owners = owners.SetItem(address, owners.GetValueOrDefault(address, []).Add(endpoint.Endpoint));
        return new(Name, Ttl, names, _policies, rest._endpoints.Add(endpoint.Endpoint, endpoint), owners);
    }

    public NetworkNames Without(ObjectId endpoint)
    {
        if (!_endpoints.TryGetValue(endpoint, out var gone))
            return this;
        var names = _names;
        foreach (var key in gone.Names.Select(NameKey.Of))
        {
            if (names.Find(key)?.Without(endpoint) is { } left)
                names = left.IsEmpty ? names.Without(key) : names.With(key, left);
        }
        var owners = _owners;
        foreach (var address in gone.Addresses)
        {
            if (owners.TryGetValue(address, out var held))
                owners = held.Remove(endpoint) is { IsEmpty: false } left ? owners.SetItem(address, left) : owners.Remove(address);
        }
        return new(Name, Ttl, names, _policies, _endpoints.Remove(endpoint), owners);
    }

    /// <summary>Sets how a name is answered, whether or not it has endpoints yet; null: the default again.</summary>
    public NetworkNames WithPolicy(string name, NamePolicy? policy)
    {
        var key = NameKey.Of(name);
        var names = _names.Find(key) is { } set ? _names.With(key, set with { Policy = policy ?? NamePolicy.Default }) : _names;
        var policies = policy is null ? _policies.Remove(PolicyKey(name)) : _policies.SetItem(PolicyKey(name), policy);
        return new(Name, Ttl, names, policies, _endpoints, _owners);
    }

    public NetworkNames WithTtl(TimeSpan ttl) => new(Name, ttl, _names, _policies, _endpoints, _owners);

    private NamePolicy PolicyOf(string name) => _policies.GetValueOrDefault(PolicyKey(name), NamePolicy.Default);

    private static string PolicyKey(string name) => Encoding.UTF8.GetString(NameKey.Of(name));

    private static bool SameAs(EndpointNames a, EndpointNames b) =>
        a.Host == b.Host && a.Weight == b.Weight && a.Draining == b.Draining
        && a.Names.SequenceEqual(b.Names) && a.Addresses.SequenceEqual(b.Addresses);
}
