using System.CommandLine;
using System.Diagnostics;
using Overlay.Cli.App;

namespace Overlay.Cli.Lab;

internal static class LabExec
{
    public static Verb Create(CliEnvironment environment)
    {
        var name = LabCommand.NameOption();
        var host = LabCommand.HostArgument();
        var words = new Argument<string[]>("CMD") { Description = "What to run there", Arity = ArgumentArity.OneOrMore };
        return new Verb("exec", "Run a command inside a host", "overlay lab exec h1 -- ip addr", "overlay lab exec outside -- curl -sS http://10.231.0.1:8080/") { name, host, words }
            .Exits(environment, (invocation, _) => RunAsync([.. Overlay.Lab.Lab.Open(invocation.Value(name)).EnterCommand(invocation.Value(host)), .. invocation.Value(words)]));
    }

    // Cancelling is the command's own affair: Ctrl-C reaches it too, and its exit status is ours.
    private static async Task<int> RunAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
