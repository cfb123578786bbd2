using System.Collections.Immutable;
using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;

namespace Overlay.Cli.Sandboxes;

/// <summary>Which networks a sandbox gets. --ip, --ip6, --network-alias and --mac-address are of the first, as in Docker.</summary>
internal sealed class AttachmentFlags
{
    private const string Container = "container:";

    private readonly Option<NetworkAttachment[]> _networks = Flags.Many(
        "--network", "NETWORK", "A network, host, none, container:SANDBOX (that one's), or name=NETWORK,ip=…,alias=…; several for several (default: bridge)", AttachmentFlag.Parse, "--net");

    private readonly Option<Address?> _ip = Flags.IpAddress("--ip", v4: true, "Its IPv4 address on the first network");
    private readonly Option<Address?> _ip6 = Flags.IpAddress("--ip6", v4: false, "Its IPv6 address on the first network");
    private readonly Option<string[]> _aliases = Flags.Texts("--network-alias", "NAME", "Another name for it on the first network", "--net-alias");
    private readonly Option<MacAddress?> _mac = Flags.Mac("Its MAC address on the first network");

    public void AddTo(Command command)
    {
        command.Add(_networks);
        command.Add(_ip);
        command.Add(_ip6);
        command.Add(_aliases);
        command.Add(_mac);
    }

    /// <exception cref="UsageException">Flags that make no sense with host, none or container, or are given twice for one network.</exception>
    public CreateSandbox Read(Invocation invocation, CreateSandbox request) => Combine(
        request,
        [.. invocation.Value(_networks)],
        new ConnectOptions
        {
            Ip = invocation.Value(_ip),
            Ip6 = invocation.Value(_ip6),
            Aliases = [.. invocation.Value(_aliases)],
            Mac = invocation.Value(_mac),
        });

    private static CreateSandbox Combine(CreateSandbox request, ImmutableArray<NetworkAttachment> networks, ConnectOptions first)
    {
        if (networks.Select(network => network.Network).FirstOrDefault(name => ModeOf(name) != SandboxModes.Isolated) is { } special)
        {
            RefuseWithoutEndpoints(special, networks, first);
            var mode = ModeOf(special);
            return request with { Mode = mode, Join = mode == SandboxModes.Container ? special[Container.Length..] : null };
        }
        if (FlagsOf(first) is not { Length: > 0 } given)
            return request with { Networks = networks };
        if (networks.IsEmpty)
            networks = [new() { Network = "bridge" }];
        return request with { Networks = networks.SetItem(0, networks[0] with { Options = Merge(networks[0], first, given) }) };
    }

    private static string ModeOf(string network) => network switch
    {
        "host" => SandboxModes.Host,
        "none" => SandboxModes.None,
        _ when network.StartsWith(Container, StringComparison.Ordinal) => SandboxModes.Container,
        _ => SandboxModes.Isolated,
    };

    private static void RefuseWithoutEndpoints(string special, ImmutableArray<NetworkAttachment> networks, ConnectOptions first)
    {
        if (special == Container)
            throw new UsageException("--network container: does not say whose network to join: container:SANDBOX, with its name or id");
        if (networks.Length > 1)
            throw new UsageException($"--network {special} cannot be combined with another --network");
        var reason = ModeOf(special) == SandboxModes.Container
            ? $"the endpoints are those of {special[Container.Length..]}"
            : "there is no endpoint to give it to";
        if (FlagsOf(first).Concat(FlagsOf(networks[0].Options)).FirstOrDefault() is { } given)
            throw new UsageException($"{given} makes no sense with --network {special}: {reason}");
        if (networks[0].Options is { GatewayPriority: not 0 } or { DriverOptions.Count: > 0 })
            throw new UsageException($"--network name={special} takes no options: {reason}");
    }

    private static ConnectOptions Merge(NetworkAttachment network, ConnectOptions first, string[] given)
    {
        var own = FlagsOf(network.Options);
        if (given.Intersect(own).FirstOrDefault() is { } twice)
            throw new UsageException($"{twice} is also given in --network name={network.Network},…: say it once");
        return network.Options with
        {
            Ip = first.Ip ?? network.Options.Ip,
            Ip6 = first.Ip6 ?? network.Options.Ip6,
            Mac = first.Mac ?? network.Options.Mac,
            Aliases = [.. network.Options.Aliases, .. first.Aliases],
        };
    }

    private static string[] FlagsOf(ConnectOptions options)
    {
        (string Flag, bool Given)[] all =
        [
            ("--ip", options.Ip is not null),
            ("--ip6", options.Ip6 is not null),
            ("--network-alias", !options.Aliases.IsEmpty),
            ("--mac-address", options.Mac is not null),
        ];
        return [.. all.Where(flag => flag.Given).Select(flag => flag.Flag)];
    }
}
