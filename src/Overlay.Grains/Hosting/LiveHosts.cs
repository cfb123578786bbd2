namespace Overlay.Grains.Hosting;

/// <summary>Which hosts' silos are members of the cluster right now, as this silo sees it.</summary>
public sealed class LiveHosts(ISiloStatusOracle silos)
{
    public bool Contains(string host) => All().Contains(host);

    public IReadOnlySet<string> All() =>
        silos.GetApproximateSiloStatuses(onlyActive: true).Keys
            .Select(silo => silos.TryGetSiloName(silo, out var name) ? name : null)
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
}
