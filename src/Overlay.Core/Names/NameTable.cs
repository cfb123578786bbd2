using System.Collections.Immutable;

namespace Overlay.Core.Names;

/// <summary>
/// Every name that this host may be asked for, and which hosts look dead from here. Immutable: a writer makes the next
/// table from the last one and swaps the reference; readers never wait. A host's death is one entry, however many
/// endpoints it takes along.
/// </summary>
public sealed class NameTable
{
    public static readonly NameTable Empty = new(ImmutableDictionary<ObjectId, NetworkNames>.Empty, ImmutableHashSet<string>.Empty);

    private readonly ImmutableDictionary<ObjectId, NetworkNames> _networks;
    private readonly ImmutableHashSet<string> _downHosts;

    private NameTable(ImmutableDictionary<ObjectId, NetworkNames> networks, ImmutableHashSet<string> downHosts)
    {
        _networks = networks;
        _downHosts = downHosts;
    }

    public IReadOnlyDictionary<ObjectId, NetworkNames> Networks => _networks;

    public IReadOnlySet<string> DownHosts => _downHosts;

    public bool AllHostsUp => _downHosts.IsEmpty;

    public NetworkNames? Find(ObjectId network) => _networks.GetValueOrDefault(network);

    public bool IsDown(string host) => _downHosts.Contains(host);

    public NameTable With(ObjectId network, NetworkNames names) => new(_networks.SetItem(network, names), _downHosts);

    public NameTable Without(ObjectId network) => new(_networks.Remove(network), _downHosts);

    /// <summary>Endpoints on a host that is down are left out of answers, unless nothing else is left.</summary>
    public NameTable WithHostDown(string host) => new(_networks, _downHosts.Add(host));

    public NameTable WithHostUp(string host) => new(_networks, _downHosts.Remove(host));
}
