using Overlay.Cli.App;
using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.Networks;

internal static class NetworkRemove
{
    public static Verb Create(CliEnvironment environment)
    {
        var names = NetworkCommand.NetworkArguments();
        var force = Flags.Switch("--force", "Also with sandboxes on it: they are cut off, and named; no error for a network that does not exist", "-f");
        return new Verb(
            "rm", "Remove networks",
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
                    var cut = await invocation.Control.RemoveNetwork(name, invocation.Value(force), cancellation);
                    invocation.Print.Line(name);
                    if (!cut.IsEmpty)
                        invocation.Environment.Error.WriteLine($"cut off {name}: {string.Join(", ", cut)}");
                }
                catch (OverlayException missing) when (missing.Code == ErrorCodes.NotFound && invocation.Value(force))
                {
                    // As asked: gone already.
                }
            }));
    }
}
