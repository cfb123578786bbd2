using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Overlay.Cli.App;
using Overlay.Core;

namespace Overlay.Cli.Foreground;

/// <summary>
/// The child inherits stdin, stdout, stderr and the terminal as they are; every word in front of the user's command
/// replaces itself (exec), so the child's process is the command, and its signals and status are the command's.
/// </summary>
internal sealed partial class ForegroundRunner(TerminationSignals signals) : IForegroundRunner
{
    private const int Interrupt = 2;
    private const int Quit = 3;

    public async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        using var child = Start(words);
        using var forwarding = signals.ForwardTo(signal =>
        {
            // The terminal has given these to its whole foreground group already, the child included.
            if (signal is Interrupt or Quit && IsInForeground())
                return;
            _ = Kill(child.Id, signal);
        });
        await child.WaitForExitAsync(CancellationToken.None);
        return child.ExitCode;
    }

    private static Process Start(IReadOnlyList<string> words)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(words[0], words.Skip(1)) { UseShellExecute = false })!;
        }
        catch (Win32Exception error)
        {
            throw new RefusalException(
                ErrorCodes.ApplyFailed,
                $"cannot start {words[0]}: {error.Message}; entering a sandbox needs util-linux (nsenter, unshare) and iproute2 (ip)",
                ("program", words[0]));
        }
    }

    private static bool IsInForeground()
    {
        const int standardInput = 0;
        return TerminalGroup(standardInput) is var group and > 0 && group == OwnGroup();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp", SetLastError = true)]
    private static partial int TerminalGroup(int descriptor);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int OwnGroup();
}
