using Overlay.Cli.App;
using Overlay.Cli.Output;

namespace Overlay.Cli.Sandboxes;

internal static class SandboxInspect
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = SandboxCommand.SandboxArguments();
        return new Verb(
            "inspect", "Show sandboxes: where, what, addresses, ports",
            "overlay sandbox inspect web",
            "overlay sandbox inspect --format '{{.Host}} {{.Status}}' web")
        {
            names,
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var views = new List<SandboxDetailsView>();
            foreach (var name in invocation.Value(names))
                views.Add(SandboxDetailsView.Of(await invocation.Control.InspectSandbox(name, cancellation)));
            invocation.Print.Reports([.. views], CliJson.Readable.SandboxDetailsViewArray, Describe);
        });
    }

    private static Report Describe(SandboxDetailsView sandbox) => new Report()
        .Field("Name", sandbox.Name)
        .Field("Id", sandbox.Id)
        .Field("Host", sandbox.Host)
        .Field("Status", sandbox.Status)
        .Field("Problem", sandbox.Problem)
        .Field("Exit code", sandbox.ExitCode?.ToString())
        .Field("Pid", sandbox.Pid?.ToString())
        .Field("Mode", sandbox.Mode)
        .Field("Joins", sandbox.Joins)
        .Field("Joined by", sandbox.JoinedBy)
        .Field("Namespace", sandbox.NamespacePath)
        .Field("Hostname", sandbox.Hostname)
        .Field("Command", string.Join(' ', sandbox.Command))
        .Field("Restart policy", sandbox.RestartPolicy == "no" ? null : sandbox.RestartPolicy)
        .Field("Created", Words.Moment(sandbox.CreatedAt))
        .Field("Started", Words.Moment(sandbox.StartedAt ?? default))
        .Field("Labels", sandbox.Labels)
        .Field("Exposed", sandbox.ExposedPorts)
        .Field("Extra hosts", sandbox.ExtraHosts)
        .Field("DNS", sandbox.Dns)
        .Field("DNS search", sandbox.DnsSearch)
        .Field("DNS options", sandbox.DnsOptions)
        .Table("Networks", Grid.Of(
            sandbox.Networks,
            ("NETWORK", network => network.Network),
            ("DRIVER", network => network.Driver),
            ("ADDRESSES", network => string.Join(',', network.Addresses)),
            ("GATEWAYS", network => string.Join(',', network.Gateways)),
            ("MAC ADDRESS", network => network.MacAddress),
            ("ALIASES", network => string.Join(',', network.Aliases))))
        .Table("Ports", Grid.Of(
            sandbox.Ports,
            ("SANDBOX", port => port.Inside),
            ("HOST", port => port.Outside)));
}
