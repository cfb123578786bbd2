using System.CommandLine;
using Overlay.Contracts.Client;

namespace Overlay.Cli.Context;

/// <summary><c>overlay context …</c>: which cluster the other commands talk to.</summary>
internal static class ContextCommand
{
    public static Command Create()
    {
        var store = ContextStore.Default();
        return new Command("context", "The clusters this machine knows, and which one commands talk to")
        {
            List(store),
            Use(store),
            Show(store),
            Remove(store),
        };
    }

    private static Command List(ContextStore store)
    {
        var command = new Command("ls", "All contexts; '*' marks the one in use");
        command.SetAction(parse =>
        {
            const string Row = "{0,-3}{1,-20}{2,-24}{3}";
            var output = parse.InvocationConfiguration.Output;
            output.WriteLine(string.Format(null, Row, "", "NAME", "CLUSTER", "GATEWAYS"));
            foreach (var context in store.Names().Select(store.Get))
            {
                output.WriteLine(string.Format(null, Row, context.Name == store.Current ? "*" : "", context.Name, context.Cluster, string.Join(",", context.Gateways)));
            }
            return 0;
        });
        return command;
    }

    private static Command Use(ContextStore store)
    {
        var name = new Argument<string>("NAME");
        var command = new Command("use", "Talk to this one from now on") { name };
        command.SetAction(parse =>
        {
            store.Use(parse.GetValue(name)!);
            return 0;
        });
        return command;
    }

    private static Command Show(ContextStore store)
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "By default the one in use" };
        var command = new Command("show", "One context, as JSON") { name };
        command.SetAction(parse =>
        {
            parse.InvocationConfiguration.Output.WriteLine(store.Resolve(parse.GetValue(name)).ToJson());
            return 0;
        });
        return command;
    }

    private static Command Remove(ContextStore store)
    {
        var name = new Argument<string>("NAME");
        var command = new Command("rm", "Forget a context; the cluster stays as it is") { name };
        command.SetAction(parse => store.Remove(parse.GetValue(name)!) ? 0 : throw store.Missing(parse.GetValue(name)!));
        return command;
    }
}
