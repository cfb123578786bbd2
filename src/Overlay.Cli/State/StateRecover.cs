using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.State;

internal static class StateRecover
{
    public static Verb Create(CliEnvironment environment)
    {
        var without = new Option<string[]>("--without")
        {
            Description = "Go on without a host that cannot tell what it holds: what only it holds is lost, and its addresses may be given to others", HelpName = "HOST",
        };
        return new Verb(
            "recover", "After a record store came back older: bring back what hosts hold",
            "overlay state recover", "overlay state recover --without h3")
        {
            without,
        }
        .Does(environment, async (invocation, cancellation) => StateReport.Print(
            invocation, await invocation.Control.AskState(state => state.Recover([.. invocation.Value(without) ?? []]), cancellation)));
    }
}
