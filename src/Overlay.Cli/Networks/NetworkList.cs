using Overlay.Cli.App;
using Overlay.Cli.Control;
using Overlay.Cli.Output;

namespace Overlay.Cli.Networks;

internal static class NetworkList
{
    private const string Dangling = "dangling";

    // Whether a network has endpoints is asked of each network, this many at a time.
    private const int ConcurrentQuestions = 16;

    public static Verb Create(CliEnvironment environment)
    {
        var list = new ListOptions();
        var filters = new Filters<Candidate>(
            ("driver", (item, value) => item.View.Driver == value),
            ("name", (item, value) => item.View.Name.Contains(value, StringComparison.Ordinal)),
            ("id", (item, value) => item.View.Id.StartsWith(value, StringComparison.Ordinal)),
            ("label", (item, value) => Filters<Candidate>.HasLabel(item.View.Labels, value)),
            ("scope", (item, value) => item.View.Scope == value),
            ("type", (item, value) => (item.View.BuiltIn ? "builtin" : "custom") == value),
            (Dangling, (item, value) => item.IsDangling == IsTrue(value)));
        var filter = filters.Flag();
        return new Verb(
            "ls", "List networks",
            "overlay network ls",
            "overlay network ls --filter driver=overlay --filter label=tier=db",
            "overlay network ls --filter dangling=true -q",
            "overlay network ls --format '{{.Name}} {{.Subnets}}'")
        {
            filter, list.Quiet, list.NoTrunc,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var given = invocation.Value(filter);
            var views = (await invocation.Control.ListNetworks(cancellation)).Select(NetworkView.Of).OrderBy(view => view.Name, StringComparer.Ordinal);
            var candidates = given.Any(one => one.Key == Dangling)
                ? await AskWhetherDangling(invocation.Control, views, cancellation)
                : views.Select(view => new Candidate(view, IsDangling: false));
            Print(invocation, [.. filters.Apply(candidates, given).Select(item => item.View)], list);
        });
    }

    /// <summary>Networks that users made and that no endpoint is on.</summary>
    public static async Task<IEnumerable<NetworkView>> FindDangling(IControlPlane control, CancellationToken cancellation)
    {
        var views = (await control.ListNetworks(cancellation)).Select(NetworkView.Of);
        return (await AskWhetherDangling(control, views, cancellation)).Where(item => item.IsDangling).Select(item => item.View);
    }

    private static void Print(Invocation invocation, NetworkView[] views, ListOptions list)
    {
        var whole = invocation.Value(list.NoTrunc);
        if (invocation.Value(list.Quiet) && invocation.Print.ForPeople)
            foreach (var view in views)
                invocation.Print.Line(Words.Id(view.Id, whole));
        else
            invocation.Print.List(views, CliJson.Readable.NetworkViewArray, items => Grid.Of(
                items,
                ("NETWORK ID", view => Words.Id(view.Id, whole)),
                ("NAME", view => view.Name),
                ("DRIVER", view => view.Driver),
                ("SCOPE", view => view.Scope),
                ("SUBNETS", view => string.Join(',', view.Subnets))));
    }

    private static async Task<IReadOnlyCollection<Candidate>> AskWhetherDangling(
        IControlPlane control, IEnumerable<NetworkView> views, CancellationToken cancellation)
    {
        NetworkView[] all = [.. views];
        var answers = new Candidate[all.Length];
        await Parallel.ForAsync(
            0, all.Length,
            new ParallelOptions { MaxDegreeOfParallelism = ConcurrentQuestions, CancellationToken = cancellation },
            async (i, stop) => answers[i] = new(
                all[i],
                IsDangling: !all[i].BuiltIn && (await control.InspectNetwork(all[i].Id, stop)).Endpoints.IsEmpty));
        return answers;
    }

    private static bool IsTrue(string value) => value is "true" or "1";

    private sealed record Candidate(NetworkView View, bool IsDangling);
}
