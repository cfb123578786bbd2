using Overlay.Cli.App;
using Overlay.Cli.Output;
using Overlay.Cli.Sandboxes;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.Networks;

internal static class NetworkConnect
{
    public static Verb Create(CliEnvironment environment)
    {
        var network = NetworkCommand.NetworkArgument();
        var sandbox = SandboxCommand.SandboxArgument();
        var ip = Flags.IpAddress("--ip", v4: true, "This IPv4 address, e.g. 10.7.0.9");
        var ip6 = Flags.IpAddress("--ip6", v4: false, "This IPv6 address, e.g. fd00:7::9");
        var aliases = Flags.Texts("--alias", "NAME", "Another name for it on this network; several sandboxes may share one");
        var mac = Flags.Mac("This MAC address");
        var priority = Flags.One("--gw-priority", "NUMBER", "The sandbox's default gateway is on the network with the highest", AttachmentFlag.ParsePriority, 0);
        var driverOptions = Flags.Pairs("--driver-opt", "An option for this endpoint: ifname=NAME, or sysctls=net.ipv4.conf.IFNAME.…=VALUE,…");
        var wait = WaitFlag.Create();
        return new Verb(
            "connect", "Put a sandbox on a network",
            "overlay network connect shop web",
            "overlay network connect --ip 10.7.0.9 --alias db --wait all shop web")
        {
            network, sandbox, ip, ip6, aliases, mac, priority, driverOptions, wait,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var options = new ConnectOptions
            {
                Ip = invocation.Value(ip),
                Ip6 = invocation.Value(ip6),
                Aliases = [.. invocation.Value(aliases)],
                Mac = invocation.Value(mac),
                GatewayPriority = invocation.Value(priority),
                DriverOptions = NetworkCreate.LastOfEach(invocation.Value(driverOptions)),
            };
            var reply = await invocation.Control.Connect(invocation.Value(network), invocation.Value(sandbox), options, invocation.Value(wait), cancellation);
            // Docker's connect is silent; a script that asks for a format wants the address.
            if (!invocation.Print.ForPeople)
                invocation.Print.Made(ConnectionView.Of(reply), CliJson.Readable.ConnectionView, "");
        });
    }
}
