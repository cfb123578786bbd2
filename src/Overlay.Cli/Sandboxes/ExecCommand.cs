using Overlay.Cli.App;
using Overlay.Cli.Foreground;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
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
                var stack = StackOf(details);
                var entry = new HostEntry(invocation.Context, invocation.Control, invocation.Environment.Machine);
                var enter = await entry.FindAsync(details.Sandbox.Host, cancellation);
                return await invocation.Environment.Foreground.RunAsync(EnterCommand.Build(enter, stack, words, input));
            }
            catch (Exception error) when (error is not (OperationCanceledException or UsageException))
            {
                throw new ForegroundFailure(error);
            }
        });
    }

    /// <summary>The sandbox whose network stack is entered: its own, or the one that it joins.</summary>
    /// <exception cref="RefusalException">not-running: there is nothing to enter.</exception>
    private static SandboxRecord StackOf(SandboxDetails details)
    {
        var (sandbox, stack) = (details.Sandbox, details.Sandbox.Joins is null ? details.Sandbox : details.Joined);
        if (sandbox.Started && stack is { Started: true })
            return stack;
        var reason = !sandbox.Started ? $"sandbox {sandbox.Name} is stopped: there is no namespace to enter; 'overlay sandbox start {sandbox.Name}' brings it back"
            : stack is null ? $"sandbox {sandbox.Name} has no network: the sandbox that it joins is gone; remove it and make it again with --network container:NAME"
            : $"sandbox {sandbox.Name} has no network: it joins {stack.Name}, which is stopped; 'overlay sandbox start {stack.Name}' brings both back";
        throw new RefusalException(ErrorCodes.NotRunning, reason, ("sandbox", sandbox.Name));
    }
}
