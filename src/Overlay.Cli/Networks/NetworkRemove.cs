using Overlay.Cli.App;
using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.Networks;

internal static class NetworkRemove
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = NetworkCommand.NetworkArguments();
        var force = Flags.Switch("--force", "No error for a network that does not exist", "-f");
        return new Verb(
            "rm", "Remove networks that no endpoint is on",
            "overlay network rm shop",
            "overlay network rm -f shop back")
        {
            names, force,
        }
        .Exits(environment, async (invocation, cancellation) =>
            await ForEach.DoAsync(invocation, invocation.Value(names), async name =>
            {
                try
                {
                    await invocation.Control.RemoveNetwork(name, cancellation);
                    invocation.Print.Line(name);
                }
                catch (OverlayException missing) when (missing.Code == ErrorCodes.NotFound && invocation.Value(force))
                {
                    // As asked: gone already.
                }
            }));
    }
}
