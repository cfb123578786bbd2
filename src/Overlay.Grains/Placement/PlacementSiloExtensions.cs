using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Overlay.Grains.Placement;

public static class PlacementSiloExtensions
{
    /// <summary>
    /// A silo offers only the grains of its role: without an agent no host grain, without the control plane only the
    /// host grain. Orleans places a grain only where its class is offered, so nothing else has to know about roles.
    /// </summary>
    public static ISiloBuilder AddHostPlacement(this ISiloBuilder silo, bool hasAgent, bool hasControlPlane)
    {
        silo.AddPlacementDirector<HostPlacement, HostPlacementDirector>();
        // After Orleans has listed the classes of all assemblies, hence 'post'.
        silo.Services.PostConfigure<GrainTypeOptions>(options =>
        {
            foreach (var grain in options.Classes.Where(type => type.Assembly == typeof(HostPlacement).Assembly).ToList())
                if (IsHostBound(grain) ? !hasAgent : !hasControlPlane)
                    options.Classes.Remove(grain);
        });
        return silo;
    }

    private static bool IsHostBound(Type grain) => grain.IsDefined(typeof(HostPlacementAttribute), inherit: false);
}
