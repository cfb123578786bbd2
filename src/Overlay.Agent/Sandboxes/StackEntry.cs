using Overlay.Contracts.Records;

namespace Overlay.Agent.Sandboxes;

/// <summary>How a command gets onto a sandbox's network stack, and to its host name and files.</summary>
internal static class StackEntry
{
    private const string SetHostname = "hostname \"$1\"; shift; exec \"$@\"";

    // What ip netns exec does for a namespace, for the host's own stack. The files stay the same files: a later change is seen.
    private const string BindFiles = "for f in hosts resolv.conf; do mount --bind \"$1/$f\" \"/etc/$f\" || exit 125; done; shift; exec \"$@\"";

    /// <summary>The words to put before a command.</summary>
    /// <param name="files">Where each sandbox has its folder of files of its own.</param>
    public static IEnumerable<string> Words(SandboxRecord stack, string files)
    {
        string[] hostname = stack.HasHostname() ? ["unshare", "--uts", "--", "/bin/sh", "-c", SetHostname, "sh", stack.Hostname] : [];
        string[] inside = stack.HasNamespace() ? ["ip", "netns", "exec", stack.Name]
            : stack.HasFiles() ? ["unshare", "--mount", "--", "/bin/sh", "-c", BindFiles, "sh", Path.Combine(files, stack.Name)]
            : [];
        return [.. hostname, .. inside];
    }
}
