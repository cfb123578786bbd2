using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Overlay.Contracts.Telemetry;

/// <summary>Where every room reports to; costs nothing while nobody listens.</summary>
public static class OverlayTelemetry
{
    public const string Name = "Overlay";

    public static ActivitySource Activities { get; } = new(Name);

    public static Meter Meter { get; } = new(Name);
}
