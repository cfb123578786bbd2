using Microsoft.Extensions.Logging;
using Overlay.Core;
using Overlay.Grains.Commands;
using Overlay.Grains.Recovery;

namespace Overlay.Grains.Hosting;

/// <summary>What every grain needs, as one.</summary>
public sealed class GrainServices(
    OverlayGrainsOptions options, IRandom random, TimeProvider time, LiveHosts hosts, IGrainFactory grains, ILoggerFactory logs)
{
    private readonly StoreGuard _store = new(options.Store, grains);

    public OverlayGrainsOptions Options { get; } = options;

    public IRandom Random { get; } = random;

    public TimeProvider Time { get; } = time;

    public LiveHosts Hosts { get; } = hosts;

    public ILogger Log { get; } = logs.CreateLogger("Overlay.Grains");

    public PartitionServices Partitions => new(_store, Random, Time, Log);
}
