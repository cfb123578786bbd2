using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Hosts;

internal static class HostRemove
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = new Argument<string[]>("HOST") { Description = "Names of hosts", Arity = ArgumentArity.OneOrMore };
        var force = Flags.Switch("--force", "Also with sandboxes: they are removed, and named", "-f");
        return new Verb(
            "rm", "Forget hosts that are gone for good: their addresses and names are given back",
            "overlay host rm h3",
            "overlay host rm -f h3")
        {
            names, force,
        }
        .Exits(environment, (invocation, cancellation) => ForEach.DoAsync(invocation, invocation.Value(names)!, async name =>
        {
            var removed = await invocation.Control.RemoveHost(name, invocation.Value(force), cancellation);
            invocation.Print.Line(name);
            if (!removed.IsEmpty)
                invocation.Environment.Error.WriteLine($"removed with {name}: {string.Join(", ", removed)}");
        }));
    }
}
