using System.Collections.Immutable;

namespace Overlay.Core.Names;

/// <summary>All that one name of one network stands for; split by family, because a question asks for one.</summary>
public sealed record NameSet(ImmutableArray<NameRecord> V4, ImmutableArray<NameRecord> V6, NamePolicy Policy)
{
    /// <summary>Heavier counts as this heavy: sums of weights stay small numbers.</summary>
    private const int MaxWeight = 65535;

    public static readonly NameSet Empty = new([], [], NamePolicy.Default);

    public bool IsEmpty => V4.IsEmpty && V6.IsEmpty;

    public NameSet With(EndpointNames endpoint)
    {
        var others = Without(endpoint.Endpoint);
        return others with
        {
            V4 = others.V4.AddRange(RecordsOf(endpoint, v4: true)),
            V6 = others.V6.AddRange(RecordsOf(endpoint, v4: false)),
        };
    }

    public NameSet Without(ObjectId endpoint) => this with
    {
        V4 = V4.RemoveAll(r => r.Endpoint == endpoint),
        V6 = V6.RemoveAll(r => r.Endpoint == endpoint),
    };

    private static IEnumerable<NameRecord> RecordsOf(EndpointNames endpoint, bool v4) =>
        from address in endpoint.Addresses
        where address.IsV4 == v4
        select new NameRecord(address, endpoint.Endpoint, endpoint.Host, Math.Clamp(endpoint.Weight, 0, MaxWeight), endpoint.Draining);
}
