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

    // ip netns exec does this for a namespace.
    private const string BindFiles = "for f in hosts resolv.conf; do mount --bind \"/etc/netns/$1/$f\" \"/etc/$f\" || exit 125; done; shift; exec \"$@\"";

    /// <param name="stack">Whose network stack it is: the sandbox, or the one that it joins.</param>
    public static IReadOnlyList<string> Build(IReadOnlyList<string> enterHost, SandboxRecord stack, IReadOnlyList<string> command, bool input)
    {
        var exec = input ? WithInput : WithoutInput;
        string[] inside = stack.HasNamespace() ? ["ip", "netns", "exec", stack.Name]
            : stack.HasFiles() ? ["unshare", "--mount", "sh", "-c", BindFiles, "overlay", stack.Name]
            : [];
        return stack.HasHostname()
            ? [.. enterHost, .. inside, "unshare", "--uts", "sh", "-c", SetHostname + exec, "overlay", stack.Hostname, .. command]
            : [.. enterHost, .. inside, "sh", "-c", exec, "overlay", .. command];
    }
}
