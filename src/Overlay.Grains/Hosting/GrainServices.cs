using Microsoft.Extensions.Logging;
using Overlay.Core;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Hosting;

/// <summary>What every grain needs, as one.</summary>
public sealed class GrainServices(
    OverlayGrainsOptions options, IRandom random, TimeProvider time, LiveHosts hosts, ILoggerFactory logs)
{
    public OverlayGrainsOptions Options { get; } = options;

    public IRandom Random { get; } = random;

    public TimeProvider Time { get; } = time;

    public LiveHosts Hosts { get; } = hosts;

    public ILogger Log { get; } = logs.CreateLogger("Overlay.Grains");

    public PartitionServices Partitions => new(Options.Store, Random, Time, Log);
}
