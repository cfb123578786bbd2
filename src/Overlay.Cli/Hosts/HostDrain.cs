using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Hosts;

internal static class HostDrain
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = new Argument<string[]>("HOST") { Description = "Names of hosts", Arity = ArgumentArity.OneOrMore };
        var undo = Flags.Switch("--undo", "Let them carry sandboxes again");
        return new Verb(
            "drain", "Give hosts no new sandboxes, and lead names elsewhere; the sandboxes that they have go on",
            "overlay host drain h3",
            "overlay host drain --undo h3")
        {
            names, undo,
        }
        .Exits(environment, (invocation, cancellation) => ForEach.DoAsync(invocation, invocation.Value(names)!, async name =>
        {
            await invocation.Control.DrainHost(name, draining: !invocation.Value(undo), cancellation);
            invocation.Print.Line(name);
        }));
    }
}
