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
    private readonly Option<NetworkAttachment[]> _networks = Flags.Many(
        "--network", "NETWORK", "A network, host, none, or name=NETWORK,ip=…,alias=…; several for several (default: bridge)", AttachmentFlag.Parse, "--net");

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

    public (string Mode, ImmutableArray<NetworkAttachment> Networks) Read(Invocation invocation) => Combine(
        [.. invocation.Value(_networks)],
        new ConnectOptions
        {
            Ip = invocation.Value(_ip),
            Ip6 = invocation.Value(_ip6),
            Aliases = [.. invocation.Value(_aliases)],
            Mac = invocation.Value(_mac),
        });

    /// <exception cref="UsageException">Flags that make no sense with host or none, or are given twice for one network.</exception>
    public static (string Mode, ImmutableArray<NetworkAttachment> Networks) Combine(ImmutableArray<NetworkAttachment> networks, ConnectOptions first)
    {
        var mode = networks.Select(network => ModeOf(network.Network)).FirstOrDefault(of => of != SandboxModes.Isolated) ?? SandboxModes.Isolated;
        if (mode != SandboxModes.Isolated)
        {
            RefuseWithoutEndpoints(mode, networks, first);
            return (mode, []);
        }
        if (FlagsOf(first) is not { Length: > 0 } given)
            return (mode, networks);
        if (networks.IsEmpty)
            networks = [new() { Network = "bridge" }];
        return (mode, networks.SetItem(0, networks[0] with { Options = Merge(networks[0], first, given) }));
    }

    private static string ModeOf(string network) => network switch
    {
        "host" => SandboxModes.Host,
        "none" => SandboxModes.None,
        _ => SandboxModes.Isolated,
    };

    private static void RefuseWithoutEndpoints(string mode, ImmutableArray<NetworkAttachment> networks, ConnectOptions first)
    {
        if (networks.Length > 1)
            throw new UsageException($"--network {mode} cannot be combined with another --network");
        if (FlagsOf(first) is { Length: > 0 } given)
            throw new UsageException($"{given[0]} makes no sense with --network {mode}: there is no endpoint to give it to");
        if (FlagsOf(networks[0].Options) is { Length: > 0 } || networks[0].Options is not { GatewayPriority: 0, DriverOptions.IsEmpty: true })
            throw new UsageException($"--network name={mode} takes no options: there is no endpoint to give them to");
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
