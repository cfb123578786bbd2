using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Cli.Control;
using Overlay.Cli.Output;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Cli.Names;

internal static class DnsQuery
{
    public static Verb Create(CliEnvironment environment)
    {
        var name = new Argument<string>("NAME") { Description = "What to ask for, as a program in the sandbox would: NAME, NAME.NETWORK, _PORT._tcp.NAME" };
        var from = new Option<string?>("--from") { Description = "Ask as this sandbox does (default: one that sees the name)", HelpName = "SANDBOX" };
        var type = new Option<string>("--type", "-t") { Description = "Record type: A, AAAA, PTR, SRV, …", HelpName = "TYPE", DefaultValueFactory = _ => "A" };
        return new Verb(
            "query", "Ask DNS as a sandbox does; show the answer, who gave it, and what was left out and why",
            "overlay dns query web",
            "overlay dns query --from web --type AAAA db.shop",
            "overlay dns query --from web example.org")
        {
            name, from, type,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var asked = invocation.Value(name);
            var sandbox = invocation.Value(from) is { } given
                ? await invocation.Control.FindSandbox(given, cancellation)
                : await Onlooker(invocation.Control, asked, cancellation);
            var answer = await invocation.Control.QueryName(sandbox, asked, invocation.Value(type), cancellation);
            invocation.Print.Reports([NameAnswerView.Of(asked, invocation.Value(type), sandbox, answer)], CliJson.Readable.NameAnswerViewArray, Describe);
        });
    }

    /// <summary>The first sandbox, by name, of a network where the name stands for something.</summary>
    private static async Task<SandboxEntry> Onlooker(IControlPlane control, string name, CancellationToken cancellation)
    {
        var bare = name.StartsWith('_') ? string.Join('.', name.Split('.').Skip(2)) : name;
        foreach (var network in (await control.ListNetworks(cancellation)).Where(n => !n.BuiltIn).OrderBy(n => n.Name, StringComparer.Ordinal))
        {
            var details = await control.InspectNetwork(network.Id.ToString(), cancellation);
            if (details.Endpoints.Any(e => Answers(e, bare, network.Name)))
                return await control.FindSandbox(details.Endpoints.Min(e => e.SandboxName)!, cancellation);
        }
        throw new RefusalException(
            ErrorCodes.NotFound,
            $"no network has an endpoint with the name '{name}'; --from SANDBOX asks for it all the same, as that sandbox does",
            ("name", name));
    }

    private static bool Answers(EndpointRecord endpoint, string name, string network) =>
        endpoint.Names.Any(n => Same(n, name) || Same($"{n}.{network}", name));

    private static bool Same(string a, string b) => a.Equals(b.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static Report Describe(NameAnswerView view) => new Report()
        .Field("Question", $"{view.Name} {view.Type}, as sandbox {view.Sandbox} on host {view.Host}")
        .Field("Status", view.Status)
        .Field("Source", view.Source)
        .Table("Answer", Grid.Of(
            view.Answer.Concat(view.Authority).Select(line => line.Split('\t')),
            ("NAME", parts => parts[0]),
            ("TTL", parts => parts[1]),
            ("TYPE", parts => parts[3]),
            ("DATA", parts => parts[4])))
        .Table("Behind the name", Grid.Of(
            view.Records,
            ("ADDRESS", record => record.Address),
            ("SANDBOX", record => record.Sandbox),
            ("HOST", record => record.Host),
            ("NETWORK", record => record.Network),
            ("", record => record.LeftOut is { } why ? $"left out: {why}" : "answered")));
}
