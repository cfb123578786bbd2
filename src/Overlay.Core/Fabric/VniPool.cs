using System.Collections.Immutable;

namespace Overlay.Core.Fabric;

/// <summary>
/// VXLAN network identifiers of the cluster. Forward from the last one given, so that a host that has not yet taken
/// down a removed network does not carry another's frames in it. Starts above Docker Swarm's (4096 and up).
/// </summary>
public sealed class VniPool
{
    public const int First = 0x100000;
    public const int Last = 0xffffff;

    private readonly ImmutableDictionary<int, string> _taken;
    private readonly int _cursor;

    private VniPool(ImmutableDictionary<int, string> taken, int cursor)
    {
        _taken = taken;
        _cursor = cursor;
    }

    /// <summary>Where the search for a free one goes on.</summary>
    public int Next => _cursor;

    /// <param name="taken">VNI and the network that has it.</param>
    /// <param name="next"><see cref="Next"/> of an earlier pool: what it gave before is not given again at once.</param>
    public static VniPool Create(IEnumerable<KeyValuePair<int, string>> taken, int next = First) =>
        new(taken.ToImmutableDictionary(), next is < First or > Last ? First : next);

    /// <exception cref="RefusalException">invalid-argument: another network has the wanted one, or none is free.</exception>
    public VniPool Take(int? wanted, string network, out int vni)
    {
        if (wanted is { } asked)
        {
            if (_taken.TryGetValue(asked, out var holder))
            {
                throw new RefusalException(
                    ErrorCodes.InvalidArgument,
                    $"VNI {asked} belongs to network '{holder}'; leave -o vni out and one is chosen",
                    ("vni", asked.ToString()), ("holder", holder));
            }
            vni = asked;
            return new(_taken.Add(asked, network), _cursor);
        }
        vni = NextFree();
        return new(_taken.Add(vni, network), vni == Last ? First : vni + 1);
    }

    public VniPool Return(int vni) => new(_taken.Remove(vni), _cursor);

    private int NextFree()
    {
        var candidate = _cursor;
        for (var tried = 0; tried <= _taken.Count; tried++)
        {
            if (!_taken.ContainsKey(candidate))
                return candidate;
            candidate = candidate == Last ? First : candidate + 1;
        }
        throw new RefusalException(ErrorCodes.InvalidArgument, $"all VNIs from {First} to {Last} are taken; remove a network");
    }
}
