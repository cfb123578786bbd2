using Overlay.Cli.App;
using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.Sandboxes;

internal static class SandboxRemove
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = SandboxCommand.SandboxArguments();
        var force = Flags.Switch("--force", "Also while its command runs; no error for a sandbox that does not exist", "-f");
        var wait = WaitFlag.Create();
        return new Verb(
            "rm", "Remove sandboxes and give back their addresses",
            "overlay sandbox rm web",
            "overlay sandbox rm -f web db")
        {
            names, force, wait,
        }
        .Exits(environment, (invocation, cancellation) => ForEach.DoAsync(invocation, invocation.Value(names), async name =>
        {
            try
            {
                await invocation.Control.RemoveSandbox(name, invocation.Value(force), invocation.Value(wait), cancellation);
                invocation.Print.Line(name);
            }
            catch (OverlayException missing) when (missing.Code == ErrorCodes.NotFound && invocation.Value(force))
            {
                // As asked: gone already.
            }
        }));
    }
}
