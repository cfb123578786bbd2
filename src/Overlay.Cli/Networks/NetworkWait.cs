using System.Globalization;
using Overlay.Cli.App;

namespace Overlay.Cli.Networks;

internal static class NetworkWait
{
    public static Verb Create(CliEnvironment environment)
    {
        var network = NetworkCommand.NetworkArgument();
        var revision = Flags.One<ulong?>("--revision", "NUMBER", "Wait for this revision (default: the one it has now)", ParseRevision, null);
        return new Verb(
            "wait", "Wait until every member host has applied a network",
            "overlay network wait shop",
            "overlay network wait --revision 42 --timeout 5s shop")
        {
            network, revision,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var details = await invocation.Control.InspectNetwork(invocation.Value(network), cancellation);
            var wanted = invocation.Value(revision) ?? details.Revision;
            var behind = details.Applied.Where(host => !(host.Revision >= wanted));
            await Task.WhenAll(behind.Select(host => invocation.Control.WaitApplied(host.Host, details.Network, wanted, cancellation)));
        });
    }

    private static ulong? ParseRevision(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : throw new FormatException($"'{text}' is not a revision: 'overlay network inspect' shows it");
}
