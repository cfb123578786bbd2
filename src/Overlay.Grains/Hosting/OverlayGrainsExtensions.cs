using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Overlay.Core;

namespace Overlay.Grains.Hosting;

public static class OverlayGrainsExtensions
{
    /// <summary>Adds the grains' services and the filter that turns what they throw into coded errors.</summary>
    public static ISiloBuilder AddOverlayGrains(this ISiloBuilder silo, OverlayGrainsOptions options)
    {
        silo.Services.AddSingleton(options);
        silo.Services.TryAddSingleton<IRandom, SystemRandom>();
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton<LiveHosts>();
        silo.Services.AddSingleton<GrainServices>();
        silo.AddIncomingGrainCallFilter<GrainCallErrors>();
        return silo;
    }
}
