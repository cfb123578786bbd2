using Overlay.Cli.App;
using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.Networks;

internal static class NetworkPrune
{
    public static Verb Create(CliEnvironment environment)
    {
        var force = Flags.Switch("--force", "Do not ask", "-f");
        var filters = new Filters<NetworkView>(("label", (view, value) => Filters<NetworkView>.HasLabel(view.Labels, value)));
        // -f is --force here, as in Docker.
        var filter = filters.Flag();
        filter.Aliases.Clear();
        return new Verb(
            "prune", "Remove all networks that no endpoint is on",
            "overlay network prune -f",
            "overlay network prune --filter label=temporary")
        {
            force, filter,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            if (!invocation.Value(force) && !IsConfirmed(invocation.Environment))
                return;
            var dangling = filters.Apply(await NetworkList.FindDangling(invocation.Control, cancellation), invocation.Value(filter));
            foreach (var network in dangling.OrderBy(view => view.Name, StringComparer.Ordinal))
            {
                try
                {
                    await invocation.Control.RemoveNetwork(network.Id, force: false, cancellation);
                    invocation.Print.Line(network.Name);
                }
                catch (OverlayException changed) when (changed.Code is ErrorCodes.NetworkInUse or ErrorCodes.NotFound)
                {
                    // Somebody connected to it, or removed it, since it was listed.
                }
            }
        });
    }

    private static bool IsConfirmed(CliEnvironment environment)
    {
        environment.Error.Write("This removes all networks that no endpoint is on. Are you sure? [y/N] ");
        environment.Error.Flush();
        var answer = environment.In.ReadLine();
        if (answer is null)
            environment.Error.WriteLine();
        return answer?.Trim() is "y" or "Y" or "yes";
    }
}
