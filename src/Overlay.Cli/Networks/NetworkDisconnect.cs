using Overlay.Cli.App;
using Overlay.Cli.Sandboxes;

namespace Overlay.Cli.Networks;

internal static class NetworkDisconnect
{
    public static Verb Create(CliEnvironment environment)
    {
        var network = NetworkCommand.NetworkArgument();
        var sandbox = SandboxCommand.SandboxArgument();
        var force = Flags.Switch("--force", "Also when its host is down, when it is not connected, or when published ports lead nowhere then", "-f");
        var wait = WaitFlag.Create();
        return new Verb(
            "disconnect", "Take a sandbox off a network",
            "overlay network disconnect shop web",
            "overlay network disconnect -f shop web")
        {
            network, sandbox, force, wait,
        }
        .Does(environment, (invocation, cancellation) => invocation.Control.Disconnect(
            invocation.Value(network), invocation.Value(sandbox), invocation.Value(force), invocation.Value(wait), cancellation));
    }
}
