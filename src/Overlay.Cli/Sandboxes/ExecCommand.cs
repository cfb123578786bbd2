using Overlay.Cli.App;
using Overlay.Cli.Foreground;
using Overlay.Core;

namespace Overlay.Cli.Sandboxes;

internal static class ExecCommand
{
    public static Verb Create(CliEnvironment environment)
    {
        var terminal = new TerminalFlags();
        var sandbox = SandboxCommand.SandboxArgument();
        var command = CommandArgument.Create();
        var verb = new Verb(
            "exec", "Run a command in a sandbox; exits with its status",
            "overlay exec web -- ping -c 3 db",
            "overlay exec -it web -- bash");
        terminal.AddTo(verb);
        verb.Add(sandbox);
        verb.Add(command);
        return verb.Exits(environment, async (invocation, cancellation) =>
        {
            if (invocation.Value(command) is not { Length: > 0 } words)
                throw new UsageException($"exec needs a command: overlay exec {invocation.Value(sandbox)} -- CMD…");
            var input = terminal.WantsInput(invocation);
            try
            {
                var details = await invocation.Control.InspectSandbox(invocation.Value(sandbox), cancellation);
                if (!details.Sandbox.Started)
                    throw new RefusalException(
                        ErrorCodes.NotRunning,
                        $"sandbox {details.Sandbox.Name} is stopped: there is no namespace to enter; 'overlay sandbox start {details.Sandbox.Name}' brings it back",
                        ("sandbox", details.Sandbox.Name));
                var entry = new HostEntry(invocation.Context, invocation.Control, invocation.Environment.Machine);
                var enter = await entry.FindAsync(details.Sandbox.Host, cancellation);
                return await invocation.Environment.Foreground.RunAsync(EnterCommand.Build(enter, details.Sandbox, words, input));
            }
            catch (Exception error) when (error is not (OperationCanceledException or UsageException))
            {
                throw new ForegroundFailure(error);
            }
        });
    }
}
