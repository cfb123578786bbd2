using System.Collections.Immutable;
using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core.Ports;

namespace Overlay.Cli.Sandboxes;

/// <summary>-p, -P and --expose.</summary>
internal sealed class PublishFlags
{
    private readonly Option<ImmutableArray<PortMapping>[]> _publish = Flags.Many(
        "--publish", "PORTS", $"Publish ports on the host: {PortParser.Form}", PortParser.Parse, "-p");

    private readonly Option<bool> _publishAll = Flags.Switch("--publish-all", "Publish all exposed ports, on host ports that are chosen", "-P");

    private readonly Option<ImmutableArray<(string Protocol, int Port)>[]> _expose = Flags.Many(
        "--expose", "PORT", "Say that it listens here: PORT[-END][/tcp|udp], for -P", PortParser.ParseExposed);

    public void AddTo(Command command)
    {
        command.Add(_publish);
        command.Add(_publishAll);
        command.Add(_expose);
    }

    public CreateSandbox Read(Invocation invocation, CreateSandbox request)
    {
        var publishes = invocation.Value(_publish).Length > 0 || invocation.Value(_publishAll);
        if (publishes && request.Mode == SandboxModes.None)
            throw new UsageException("-p makes no sense with --network none: nothing can reach the sandbox");
        if (publishes && request.Mode == SandboxModes.Host)
        {
            invocation.Warn("published ports are discarded with --network host: the sandbox's ports are the host's already");
            publishes = false;
        }
        return request with
        {
            Ports = publishes ? [.. invocation.Value(_publish).SelectMany(ports => ports).Select(Request)] : [],
            PublishAll = publishes && invocation.Value(_publishAll),
            Exposed = [.. invocation.Value(_expose).SelectMany(ports => ports).Distinct().Select(port => new ExposedPort { Protocol = port.Protocol, Port = port.Port })],
        };
    }

    /// <summary>What the grains are asked for.</summary>
    public static PortRequest Request(PortMapping mapping) => new()
    {
        Protocol = mapping.Protocol,
        HostAddress = mapping.HostAddress,
        HostPort = mapping.HostPort,
        HostPortLast = mapping.HostPortLast,
        SandboxPort = mapping.SandboxPort,
    };
}
