using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Cli.Output;

namespace Overlay.Cli.Context;

/// <summary><c>overlay context …</c>: which cluster the other commands talk to.</summary>
internal static class ContextCommand
{
    public static Command Create(CliEnvironment environment) =>
        new("context", "The clusters this machine knows, and which one commands talk to")
        {
            List(environment),
            Use(environment),
            Show(environment),
            Remove(environment),
        };

    private static Verb List(CliEnvironment environment) =>
        new Verb("ls", "All contexts; '*' marks the one in use", "overlay context ls").Does(environment, (invocation, _) =>
        {
            var store = environment.Contexts;
            var current = store.Current;
            ContextView[] views = [.. store.Names().Select(store.Get).Select(c => new ContextView(c.Name, c.Cluster, c.Gateways, c.Name == current))];
            invocation.Print.List(views, CliJson.Readable.ContextViewArray, items => Grid.Of(
                items,
                ("NAME", view => view.InUse ? view.Name + " *" : view.Name),
                ("CLUSTER", view => view.Cluster),
                ("GATEWAYS", view => string.Join(",", view.Gateways))));
            return Task.CompletedTask;
        });

    private static Verb Use(CliEnvironment environment)
    {
        var name = new Argument<string>("NAME");
        return new Verb("use", "Talk to this one from now on", "overlay context use lab") { name }.Does(environment, (invocation, _) =>
        {
            environment.Contexts.Use(invocation.Value(name));
            return Task.CompletedTask;
        });
    }

    private static Verb Show(CliEnvironment environment)
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "By default the one in use" };
        return new Verb("show", "One context, as JSON", "overlay context show lab") { name }.Does(environment, (invocation, _) =>
        {
            invocation.Print.Line(environment.Contexts.Resolve(invocation.Value(name)).ToJson());
            return Task.CompletedTask;
        });
    }

    private static Verb Remove(CliEnvironment environment)
    {
        var name = new Argument<string>("NAME");
        return new Verb("rm", "Forget a context; the cluster stays as it is", "overlay context rm old") { name }.Does(environment, (invocation, _) =>
            environment.Contexts.Remove(invocation.Value(name)) ? Task.CompletedTask : throw environment.Contexts.Missing(invocation.Value(name)));
    }
}
