using Overlay.Cli.App;
using Overlay.Cli.Foreground;
using Overlay.Cli.Output;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.Sandboxes;

internal static class RunCommand
{
    private static readonly string[] RestartPolicies = ["no", "on-failure", "always", "unless-stopped"];

    public static Verb Create(CliEnvironment environment)
    {
        var detach = Flags.Switch("--detach", "Run the command in the background and print the sandbox's id", "-d");
        var remove = Flags.Switch("--rm", "Remove the sandbox when the command ends");
        var restart = Flags.Choice(
            "--restart", "What to do when a background command ends", RestartPolicies[0], [.. RestartPolicies.Select(policy => (policy, policy))]);
        var terminal = new TerminalFlags();
        var flags = new SandboxFlags();
        var command = CommandArgument.Create();

        var verb = new Verb(
            "run", "Make a sandbox and run a command in it; in the foreground, exits with its status",
            "overlay run -d --name web --network shop --host h1 -p 8080:80 -- nginx -g 'daemon off;'",
            "overlay run --rm -it --network shop -- bash",
            "overlay run --rm --network name=shop,ip=10.7.0.9 -- dig +short web")
        {
            detach, remove,
        };
        terminal.AddTo(verb);
        verb.Add(restart);
        flags.AddTo(verb);
        verb.Add(command);
        return verb.Exits(environment, async (invocation, cancellation) =>
        {
            if (invocation.Value(command) is not { Length: > 0 } words)
                throw new UsageException("run needs a command: overlay run … -- CMD…; 'overlay sandbox create' makes a sandbox without one");
            if (invocation.Value(remove) && invocation.Value(restart) != RestartPolicies[0])
                throw new UsageException("--rm and --restart do not go together: the first end of the command removes the sandbox");
            var request = flags.Read(invocation) with { Restart = invocation.Value(restart), RemoveOnExit = invocation.Value(remove) };
            if (invocation.Value(detach))
                return await RunInBackground(invocation, request with { Command = [.. words] }, cancellation);
            if (request.Restart != RestartPolicies[0])
                throw new UsageException("--restart needs -d: a command in the foreground ends with this terminal");
            return await new ForegroundRun(invocation).RunAsync(request, words, terminal.WantsInput(invocation), cancellation);
        });
    }

    private static async Task<int> RunInBackground(Invocation invocation, CreateSandbox request, CancellationToken cancellation)
    {
        var details = await invocation.Control.CreateSandbox(request, cancellation);
        invocation.Print.Made(SandboxView.Of(details), CliJson.Readable.SandboxView, details.Sandbox.Id.ToString());
        return ExitStatus.Done;
    }
}
