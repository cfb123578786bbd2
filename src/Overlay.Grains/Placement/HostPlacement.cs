using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Overlay.Grains.Placement;

/// <summary>The grain lives on the silo whose name is the grain's key, and nowhere else.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class HostPlacementAttribute() : PlacementAttribute(new HostPlacement());

[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("overlay.HostPlacement")]
public sealed class HostPlacement : PlacementStrategy;

/// <summary>Finds the live silo of a name; its absence is the caller's answer: the host is down, or never was.</summary>
public sealed class HostPlacementDirector(ISiloStatusOracle silos) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var host = target.GrainIdentity.Key.ToString();
        foreach (var silo in context.GetCompatibleSilos(target))
            if (silos.TryGetSiloName(silo, out var name) && name == host)
                return Task.FromResult(silo);
        throw new SiloUnavailableException($"no live host is named '{host}'");
    }
}
