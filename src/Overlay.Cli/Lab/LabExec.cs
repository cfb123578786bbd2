using System.CommandLine;
using System.Diagnostics;

namespace Overlay.Cli.Lab;

internal static class LabExec
{
    public static Command Create()
    {
        var name = LabCommand.NameOption();
        var host = LabCommand.HostArgument();
        var words = new Argument<string[]>("CMD") { Description = "What to run there", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command inside a host: overlay lab exec h1 -- ip addr") { name, host, words };
        command.SetAction((parse, _) => RunAsync([.. Overlay.Lab.Lab.Open(parse.GetValue(name)!).EnterCommand(parse.GetValue(host)!), .. parse.GetValue(words)!]));
        return command;
    }

    // Cancelling is the command's own affair: Ctrl-C reaches it too, and its exit status is ours.
    private static async Task<int> RunAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false })!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
