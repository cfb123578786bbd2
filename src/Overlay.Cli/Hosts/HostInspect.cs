using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Cli.Output;
using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.Hosts;

internal static class HostInspect
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = new Argument<string[]>("HOST") { Description = "Names of hosts", Arity = ArgumentArity.OneOrMore };
        return new Verb("inspect", "Show hosts: addresses, what their agents have applied, and what they could not", "overlay host inspect h1") { names }
            .Does(environment, async (invocation, cancellation) =>
            {
                var views = new List<HostDetailsView>();
                foreach (var name in invocation.Value(names))
                    views.Add(await Ask(invocation, name, cancellation));
                invocation.Print.Reports([.. views], CliJson.Readable.HostDetailsViewArray, Describe);
            });
    }

    // A dead host is still worth showing: that its agent does not answer is a part of the answer.
    private static async Task<HostDetailsView> Ask(Invocation invocation, string name, CancellationToken cancellation)
    {
        var state = await invocation.Control.FindHost(name, cancellation);
        if (!state.Alive)
            return HostDetailsView.Of(state, null, "its overlayd is not a member of the cluster");
        try
        {
            return HostDetailsView.Of(state, await invocation.Control.HostStatus(name, cancellation), null);
        }
        catch (Exception silent) when (silent is OverlayException or RefusalException { Code: ErrorCodes.Deadline })
        {
            return HostDetailsView.Of(state, null, silent.Message);
        }
    }

    private static Report Describe(HostDetailsView host) => new Report()
        .Field("Name", host.Name)
        .Field("Status", host.Status)
        .Field("Agent", host.Unanswered is { } why ? $"no answer: {why}" : null)
        .Field("Machine id", host.MachineId)
        .Field("Tunnel address", host.TunnelAddress)
        .Field("Underlay MTU", host.UnderlayMtu.ToString())
        .Field("Role", host.Role)
        .Field("Version", host.Version)
        .Field("Sandboxes", host.Sandboxes.ToString())
        .Field("Registered", Words.Moment(host.RegisteredAt))
        .Field("Agent started", Words.Moment(host.Agent?.StartedAt ?? default))
        .Field("Drift repaired", host.Agent?.DriftRepaired.ToString())
        .Field("DNS queries", host.Agent?.DnsQueries.Select(count => $"{count.Key}={count.Value}") ?? [])
        .Table("Problems", Grid.Of(host.Agent?.Problems ?? [], ("PROBLEM", problem => problem)))
        .Table("Applied", Grid.Of(
            host.Agent?.Applied ?? [],
            ("PARTITION", applied => applied.Partition),
            ("REVISION", applied => applied.Revision.ToString())));
}
