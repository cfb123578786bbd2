using Overlay.Cli.App;
using Overlay.Cli.Output;

namespace Overlay.Cli.Hosts;

internal static class HostList
{
    private static readonly Filters<HostView> Filters = new(
        ("name", (view, value) => view.Name.Contains(value, StringComparison.Ordinal)),
        ("status", (view, value) => view.Status == value));

    public static Verb Create(CliEnvironment environment)
    {
        var quiet = Flags.Switch("--quiet", "Print names only", "-q");
        var filter = Filters.Flag();
        return new Verb("ls", "List hosts", "overlay host ls", "overlay host ls --filter status=down -q") { filter, quiet }
            .Does(environment, async (invocation, cancellation) =>
            {
                var hosts = (await invocation.Control.ListHosts(cancellation)).Select(HostView.Of).OrderBy(view => view.Name, StringComparer.Ordinal);
                var views = Filters.Apply(hosts, invocation.Value(filter));
                if (invocation.Value(quiet) && invocation.Print.ForPeople)
                    foreach (var view in views)
                        invocation.Print.Line(view.Name);
                else
                    invocation.Print.List(views, CliJson.Readable.HostViewArray, items => Grid.Of(
                        items,
                        ("HOST", view => view.Name),
                        ("STATUS", view => view.Status),
                        ("TUNNEL ADDRESS", view => view.TunnelAddress),
                        ("UNDERLAY MTU", view => view.UnderlayMtu.ToString()),
                        ("ROLE", view => view.Role),
                        ("SANDBOXES", view => view.Sandboxes.ToString()),
                        ("VERSION", view => view.Version)));
            });
    }
}
