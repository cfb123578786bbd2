using Overlay.Cli.App;
using Overlay.Cli.Output;

namespace Overlay.Cli.Networks;

internal static class NetworkInspect
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = NetworkCommand.NetworkArguments();
        return new Verb(
            "inspect", "Show networks: subnets, endpoints on all hosts, how far each host is",
            "overlay network inspect shop",
            "overlay network inspect --format json shop | jq '.[0].endpoints'")
        {
            names,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var views = new List<NetworkDetailsView>();
            foreach (var name in invocation.Value(names))
                views.Add(NetworkDetailsView.Of(await invocation.Control.InspectNetwork(name, cancellation)));
            invocation.Print.Reports([.. views], CliJson.Readable.NetworkDetailsViewArray, Describe);
        });
    }

    private static Report Describe(NetworkDetailsView network) => new Report()
        .Field("Name", network.Name)
        .Field("Id", network.Id)
        .Field("Driver", network.Driver)
        .Field("Scope", network.Scope)
        .Field("VNI", network.Vni?.ToString())
        .Field("MTU", network.Mtu?.ToString())
        .Field("Internal", network.Internal ? "yes" : null)
        .Field("Created", Words.Moment(network.CreatedAt))
        .Field("Revision", network.Revision.ToString())
        .Field("Options", network.Options)
        .Field("Labels", network.Labels)
        .Table("Subnets", Grid.Of(
            network.Subnets,
            ("SUBNET", subnet => subnet.Subnet),
            ("GATEWAY", subnet => subnet.Gateway ?? ""),
            ("RANGE", subnet => subnet.IpRange ?? ""),
            ("IN USE", subnet => subnet.AddressesInUse.ToString()),
            ("QUARANTINED", subnet => subnet.AddressesQuarantined.ToString()),
            ("FREE", subnet => subnet.AddressesFree == long.MaxValue ? "many" : subnet.AddressesFree.ToString()),
            ("AUXILIARY", subnet => string.Join(',', subnet.AuxAddresses.Select(aux => $"{aux.Key}={aux.Value}")))))
        .Table("Endpoints", Grid.Of(
            network.Endpoints,
            ("SANDBOX", endpoint => endpoint.Sandbox),
            ("HOST", endpoint => endpoint.Host),
            ("ADDRESSES", endpoint => string.Join(',', endpoint.Addresses)),
            ("MAC ADDRESS", endpoint => endpoint.MacAddress),
            ("ALIASES", endpoint => string.Join(',', endpoint.Aliases))))
        .Table("Hosts", Grid.Of(
            network.Hosts,
            ("HOST", host => host.Host),
            ("NODE ADDRESSES", host => string.Join(',', network.Nodes.Where(node => node.Host == host.Host).SelectMany(node => node.Addresses))),
            ("APPLIED", host => host.Revision?.ToString() ?? "unknown"),
            ("STATE", host => host.Problem ?? (host.UpToDate ? "up to date" : "behind"))));
}
