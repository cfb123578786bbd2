using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Foreground;

/// <summary>-i and -t of <c>run</c> and <c>exec</c>. The command has the terminal that this process has.</summary>
internal sealed class TerminalFlags
{
    private readonly Option<bool> _interactive = Flags.Switch("--interactive", "Give the command standard input", "-i");
    private readonly Option<bool> _tty = Flags.Switch("--tty", "The command needs a terminal", "-t");

    public void AddTo(Command command)
    {
        command.Add(_interactive);
        command.Add(_tty);
    }

    /// <summary>Whether the command gets standard input.</summary>
    /// <exception cref="UsageException">-it without a terminal, as in Docker.</exception>
    public bool WantsInput(Invocation invocation)
    {
        var interactive = invocation.Value(_interactive);
        if (interactive && invocation.Value(_tty) && !invocation.Environment.InIsTerminal)
            throw new UsageException("-t needs a terminal and standard input is none: leave out -t");
        return interactive;
    }
}
