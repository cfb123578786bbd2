using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Resources;
using Overlay.Contracts.Telemetry;
using Overlay.Node.Configuration;

namespace Overlay.Node.Hosting;

internal static class NodeTelemetry
{
    // Defined by OpenTelemetry; its other OTEL_* variables work as well.
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Nothing is loaded, measured or sent unless an endpoint is named.</summary>
    public static void AddNodeTelemetry(this IServiceCollection services, NodeOptions options, Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(environment(EndpointVariable)))
            Export(services, options);
    }

    private static void Export(IServiceCollection services, NodeOptions options) => services.AddOpenTelemetry()
        .ConfigureResource(resource => resource
            .AddService("overlayd", options.Cluster, Help.Version, serviceInstanceId: options.HostName))
        .WithTracing(traces => traces.AddSource(OverlayTelemetry.Name))
        .WithMetrics(metrics => metrics.AddMeter(OverlayTelemetry.Name, "Microsoft.Orleans"))
        .UseOtlpExporter();
}
