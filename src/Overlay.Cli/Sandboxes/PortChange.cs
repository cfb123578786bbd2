using System.Collections.Immutable;
using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Cli.Control;
using Overlay.Cli.Output;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Ports;

namespace Overlay.Cli.Sandboxes;

/// <summary>port add and port rm: the published ports of a sandbox that exists.</summary>
internal static class PortChange
{
    public static Verb Add(CliEnvironment environment) => Create(
        environment, "add", "Publish more ports of a sandbox, running or stopped: all of them, or none", "Ports as -p of 'overlay run' takes them",
        (control, sandbox, ports, wait, cancellation) => control.PublishPorts(sandbox, ports, wait, cancellation),
        "overlay port add web 8080:80",
        "overlay port add web 127.0.0.1::9000 7000-7009:7000-7009/udp");

    public static Verb Remove(CliEnvironment environment) => Create(
        environment, "rm", "Take published ports off a sandbox, and cut the connections through them", "As for add; what is left out matches any: 80 is wherever port 80 is published",
        (control, sandbox, ports, wait, cancellation) => control.UnpublishPorts(sandbox, ports, wait, cancellation),
        "overlay port rm web 8080:80",
        "overlay port rm web 53/udp");

    public static string Line(PortView view) => $"{view.Inside} -> {view.Outside}";

    public static void Print(Invocation invocation, PortView[] views, Func<PortView, string> line)
    {
        if (!invocation.Print.ForPeople)
            invocation.Print.List(views, CliJson.Readable.PortViewArray, _ => throw new InvalidOperationException("not for people"));
        else
            foreach (var view in views)
                invocation.Print.Line(line(view));
    }

    private static Verb Create(
        CliEnvironment environment, string name, string description, string form,
        Func<IControlPlane, string, ImmutableArray<PortRequest>, WaitMode, CancellationToken, Task<ImmutableArray<PublishedPort>>> change,
        params string[] examples)
    {
        var sandbox = SandboxCommand.SandboxArgument();
        var ports = new Argument<string[]>("PORTS") { Description = $"{form}: {PortParser.Form}", Arity = ArgumentArity.OneOrMore };
        var wait = WaitFlag.Create();
        return new Verb(name, description, examples) { sandbox, ports, wait }.Does(environment, async (invocation, cancellation) =>
        {
            ImmutableArray<PortRequest> asked = [.. invocation.Value(ports).SelectMany(text => Parse(text)).Select(PublishFlags.Request)];
            var changed = await change(invocation.Control, invocation.Value(sandbox), asked, invocation.Value(wait), cancellation);
            Print(invocation, [.. changed.Select(PortView.Of)], Line);
        });
    }

    private static ImmutableArray<PortMapping> Parse(string text)
    {
        try
        {
            return PortParser.Parse(text);
        }
        catch (RefusalException wrong)
        {
            throw new UsageException(wrong.Message);
        }
    }
}
