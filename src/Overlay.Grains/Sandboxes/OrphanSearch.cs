using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Sandboxes;

/// <summary>
/// Which of the things that one grain keeps for sandboxes have none any more, by the catalog. Those whose sandbox was
/// seen there are asked for again only now and then.
/// </summary>
internal sealed class OrphanSearch(IGrainFactory grains, GrainServices services)
{
    private const int RoundsUntilAllAreDoubted = 20;

    private ImmutableHashSet<ObjectId> _confirmed = [];
    private int _rounds;

    /// <param name="sandboxes">Of what is no longer young: a sandbox is named first, and has the rest afterwards.</param>
    public async Task<ImmutableHashSet<ObjectId>> FindAbsent(ImmutableHashSet<ObjectId> sandboxes)
    {
        _confirmed = ++_rounds % RoundsUntilAllAreDoubted == 0 ? [] : _confirmed.Intersect(sandboxes);
        var doubtful = sandboxes.Except(_confirmed);
        if (doubtful.IsEmpty)
            return [];
        var catalog = grains.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);
        ImmutableHashSet<ObjectId> absent = [.. await services.Retry(() => catalog.FindAbsent([.. doubtful])).ConfigureAwait(true)];
        _confirmed = sandboxes.Except(absent);
        return absent;
    }
}
