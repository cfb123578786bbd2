using Overlay.Cli.App;
using Overlay.Cli.Control;
using Overlay.Cli.Output;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Core;

namespace Overlay.Cli.Sandboxes;

internal static class SandboxList
{
    // What a sandbox is and does is asked of each, this many at a time.
    private const int ConcurrentQuestions = 16;

    private static readonly Filters<SandboxView> Filters = new(
        ("name", (view, value) => view.Name.Contains(value, StringComparison.Ordinal)),
        ("id", (view, value) => view.Id.StartsWith(value, StringComparison.Ordinal)),
        ("host", (view, value) => view.Host == value),
        ("network", (view, value) => view.Networks.Contains(value)),
        ("status", (view, value) => view.Status == value),
        ("label", (view, value) => Filters<SandboxView>.HasLabel(view.Labels, value)));

    public static Verb Create(CliEnvironment environment)
    {
        var list = new ListOptions();
        var filter = Filters.Flag();
        return new Verb(
            "ls", "List sandboxes of all hosts",
            "overlay sandbox ls",
            "overlay sandbox ls --filter host=h1 --filter network=shop",
            "overlay sandbox rm -f $(overlay sandbox ls -q --filter label=temporary)")
        {
            filter, list.Quiet, list.NoTrunc,
        }
        .Does(environment, async (invocation, cancellation) =>
            Print(invocation, Filters.Apply(await Collect(invocation.Control, cancellation), invocation.Value(filter)), list));
    }

    private static async Task<SandboxView[]> Collect(IControlPlane control, CancellationToken cancellation)
    {
        var entries = await control.ListSandboxes(cancellation);
        var views = new SandboxView?[entries.Length];
        await Parallel.ForAsync(
            0, entries.Length,
            new ParallelOptions { MaxDegreeOfParallelism = ConcurrentQuestions, CancellationToken = cancellation },
            async (i, stop) => views[i] = await Ask(control, entries[i], stop));
        return [.. views.OfType<SandboxView>().OrderBy(view => view.Name, StringComparer.Ordinal)];
    }

    // Null: removed since it was listed.
    private static async Task<SandboxView?> Ask(IControlPlane control, SandboxEntry entry, CancellationToken cancellation)
    {
        try
        {
            return SandboxView.Of(await control.InspectSandbox(entry.Id.ToString(), cancellation));
        }
        catch (OverlayException gone) when (gone.Code == ErrorCodes.NotFound)
        {
            return null;
        }
    }

    private static void Print(Invocation invocation, SandboxView[] views, ListOptions list)
    {
        var whole = invocation.Value(list.NoTrunc);
        if (invocation.Value(list.Quiet) && invocation.Print.ForPeople)
            foreach (var view in views)
                invocation.Print.Line(Words.Id(view.Id, whole));
        else
            invocation.Print.List(views, CliJson.Readable.SandboxViewArray, items => Grid.Of(
                items,
                ("SANDBOX ID", view => Words.Id(view.Id, whole)),
                ("NAME", view => view.Name),
                ("HOST", view => view.Host),
                ("STATUS", Status),
                ("CREATED", view => Words.Ago(view.CreatedAt, invocation.Environment.Time)),
                ("NETWORKS", view => string.Join(',', view.Networks)),
                ("ADDRESSES", view => string.Join(',', view.Addresses)),
                ("PORTS", view => string.Join(", ", view.Ports.Select(port => $"{port.Outside}->{port.Inside}")))));
    }

    private static string Status(SandboxView view) =>
        view is { Status: "exited", ExitCode: { } code } ? $"exited ({code})" : view.Status;
}
