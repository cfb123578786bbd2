using System.Text.Json.Serialization;
using Overlay.Cli.Output;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;

namespace Overlay.Cli.Sandboxes;

/// <summary>One line of <c>sandbox ls</c>.</summary>
internal sealed record SandboxView
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }

    /// <summary>created, running, exited, stopped, failed, or unknown when its host does not answer.</summary>
    public required string Status { get; init; }
    public required int? ExitCode { get; init; }
    public required string[] Networks { get; init; }
    public required string[] Addresses { get; init; }
    public required PortView[] Ports { get; init; }
    public required string[] Command { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    public static SandboxView Of(SandboxDetails details) => new()
    {
        Id = details.Sandbox.Id.ToString(),
        Name = details.Sandbox.Name,
        Host = details.Sandbox.Host,
        Status = StatusOf(details),
        ExitCode = details.Status?.ExitCode,
        Networks = NetworksOf(details),
        Addresses = [.. details.Endpoints.SelectMany(attached => attached.Endpoint.Addresses).Select(address => address.ToString())],
        Ports = [.. details.Sandbox.Ports.Select(PortView.Of)],
        Command = [.. details.Sandbox.Command],
        Labels = details.Sandbox.Labels.Sorted(),
        CreatedAt = details.Sandbox.Created,
    };

    public static string StatusOf(SandboxDetails details) =>
        details.Status?.State ?? (details.Sandbox.Started ? "unknown" : "stopped");

    private static string[] NetworksOf(SandboxDetails details) => details.Sandbox.Mode == SandboxModes.Isolated
        ? [.. details.Endpoints.Select(attached => attached.NetworkName)]
        : [details.Sandbox.Joins is { } joined ? $"container:{details.Joined?.Name ?? joined.Short}" : details.Sandbox.Mode];
}

/// <summary>A published port; <see cref="HostIp"/> 0.0.0.0: every address of the host.</summary>
internal sealed record PortView(int SandboxPort, string Protocol, string HostIp, int HostPort)
{
    public static PortView Of(PublishedPort port) =>
        new(port.SandboxPort, port.Protocol, port.HostAddress?.ToString() ?? "0.0.0.0", port.HostPort);

    /// <summary>80/tcp</summary>
    [JsonIgnore]
    public string Inside => $"{SandboxPort}/{Protocol}";

    /// <summary>0.0.0.0:8080, [fd00::1]:8080</summary>
    [JsonIgnore]
    public string Outside => HostIp.Contains(':') ? $"[{HostIp}]:{HostPort}" : $"{HostIp}:{HostPort}";
}
