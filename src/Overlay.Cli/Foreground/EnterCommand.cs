using Overlay.Contracts.Records;

namespace Overlay.Cli.Foreground;

/// <summary>
/// The words that run a command inside a sandbox: onto its host, into its network namespace with its hosts and
/// resolv.conf (ip netns exec binds /etc/netns/NAME over /etc), and under its host name.
/// </summary>
internal static class EnterCommand
{
    // ip exits 1 when it cannot execute a command. The shell's exec says 126 and 127, as docker does; it costs no process.
    private const string WithInput = "exec \"$@\"";
    private const string WithoutInput = "exec \"$@\" </dev/null";
    private const string SetHostname = "printf %s \"$1\" >/proc/sys/kernel/hostname; shift; ";

    public static IReadOnlyList<string> Build(IReadOnlyList<string> enterHost, SandboxRecord sandbox, IReadOnlyList<string> command, bool input)
    {
        var exec = input ? WithInput : WithoutInput;
        return sandbox.Mode == SandboxModes.Host
            ? [.. enterHost, "sh", "-c", exec, "overlay", .. command]
            :
            [
                .. enterHost, "ip", "netns", "exec", sandbox.Name,
                "unshare", "--uts", "sh", "-c", SetHostname + exec, "overlay", sandbox.Hostname, .. command,
            ];
    }
}
