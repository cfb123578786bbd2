using System.Collections.Immutable;
using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Cli.Output;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.Networks;

internal static class NetworkCreate
{
    public static Verb Create(CliEnvironment environment)
    {
        var name = new Argument<string>("NAME") { Description = "What to call it" };
        var driver = new Option<string>("--driver", "-d")
        {
            Description = "bridge: a segment on each host; overlay: one segment over all hosts",
            HelpName = "DRIVER",
            DefaultValueFactory = _ => "bridge",
        };
        var subnets = new SubnetFlags();
        var ipv6 = Flags.Switch("--ipv6", "Give it an IPv6 subnet as well");
        var isInternal = Flags.Switch("--internal", "No way out: no gateway to other networks, no published ports");
        var options = Flags.Pairs("--opt", "An option of the driver, e.g. mtu=1400", "-o");
        var labels = Flags.Pairs("--label", "A label");

        var verb = new Verb(
            "create", "Create a network and print its id",
            "overlay network create front",
            "overlay network create -d overlay shop",
            "overlay network create -d overlay --subnet 10.7.0.0/16 --gateway 10.7.0.1 --ip-range 10.7.5.0/24 shop",
            "overlay network create --ipv6 --label tier=db -o mtu=1400 back")
        {
            name, driver,
        };
        subnets.AddTo(verb);
        verb.Add(ipv6);
        verb.Add(isInternal);
        verb.Add(options);
        verb.Add(labels);
        return verb.Does(environment, async (invocation, cancellation) =>
        {
            var request = new CreateNetwork
            {
                Name = invocation.Value(name),
                Driver = invocation.Value(driver),
                Subnets = subnets.Read(invocation),
                Ipv6 = invocation.Value(ipv6),
                Internal = invocation.Value(isInternal),
                Options = LastOfEach(invocation.Value(options)),
                Labels = LastOfEach(invocation.Value(labels)),
            };
            var network = await invocation.Control.CreateNetwork(request, cancellation);
            invocation.Print.Made(NetworkView.Of(network), CliJson.Readable.NetworkView, network.Id.ToString());
        });
    }

    public static ImmutableDictionary<string, string> LastOfEach(IEnumerable<KeyValuePair<string, string>> pairs) =>
        pairs.Aggregate(ImmutableDictionary<string, string>.Empty, (all, pair) => all.SetItem(pair.Key, pair.Value));
}
