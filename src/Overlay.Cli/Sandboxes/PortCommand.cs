using System.CommandLine;
using System.Globalization;
using Overlay.Cli.App;
using Overlay.Core;

namespace Overlay.Cli.Sandboxes;

internal static class PortCommand
{
    private static readonly string[] Protocols = ["tcp", "udp"];

    public static Verb Create(CliEnvironment environment)
    {
        var sandbox = SandboxCommand.SandboxArgument();
        var port = new Argument<string?>("PORT[/PROTO]") { Description = "Only this port of the sandbox", Arity = ArgumentArity.ZeroOrOne };
        return new Verb(
            "port", "Show where a sandbox's published ports are; add publishes more, rm takes some off (of a sandbox that is called add or rm: 'overlay port -- add', or its id)",
            "overlay port web",
            "overlay port web 80/tcp",
            "overlay port add web 8080:80",
            "overlay port rm web 8080:80")
        {
            sandbox, port, PortChange.Add(environment), PortChange.Remove(environment),
        }
        .Does(environment, async (invocation, cancellation) =>
        {
            var wanted = invocation.Value(port) is { } text ? Parse(text) : ((int, string)?)null;
            var details = await invocation.Control.InspectSandbox(invocation.Value(sandbox), cancellation);
            // What leads to the sandbox that it joins leads to it too.
            var published = (details.Joined ?? details.Sandbox).Ports.Select(PortView.Of).ToArray();
            PortView[] views =
            [
                .. published
                    .Where(view => wanted is null || wanted == (view.SandboxPort, view.Protocol))
                    .OrderBy(view => (view.SandboxPort, view.Protocol, view.HostPort)),
            ];
            if (wanted is { } missing && views.Length == 0)
                throw NotPublished(invocation.Value(sandbox), missing, published);
            PortChange.Print(invocation, views, view => wanted is null ? PortChange.Line(view) : view.Outside);
        });
    }

    private static (int Port, string Protocol) Parse(string text)
    {
        var slash = text.IndexOf('/');
        var protocol = slash < 0 ? Protocols[0] : text[(slash + 1)..];
        return int.TryParse(slash < 0 ? text : text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue && Protocols.Contains(protocol)
            ? (port, protocol)
            : throw new UsageException($"'{text}' is not a port like 80, 80/tcp or 53/udp");
    }

    private static RefusalException NotPublished(string sandbox, (int Port, string Protocol) missing, IEnumerable<PortView> published)
    {
        var known = string.Join(", ", published.Select(port => port.Inside));
        return new(
            ErrorCodes.NotFound,
            $"{sandbox} does not publish {missing.Port}/{missing.Protocol}; {(known.Length == 0 ? "it publishes nothing (see -p of 'overlay run')" : $"it publishes {known}")}",
            ("sandbox", sandbox), ("port", $"{missing.Port}/{missing.Protocol}"));
    }
}
