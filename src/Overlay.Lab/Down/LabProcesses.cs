using Overlay.Lab.Kernel;

namespace Overlay.Lab.Down;

/// <summary>
/// Which processes are a lab's: those that carry its random id in their environment, which everything started by the
/// lab inherits, and those inside one of its network namespaces, however they came there. Never by name.
/// </summary>
internal sealed class LabProcesses(LabState lab)
{
    private readonly byte[] _variable = System.Text.Encoding.ASCII.GetBytes($"{LabState.Variable}={lab.Id}");
    private readonly HashSet<string> _namespaces = [];

    /// <summary>
    /// Remembers the namespaces of the members and of the sandboxes in them; call it while the holders still live.
    /// </summary>
    public void LearnNamespaces()
    {
        foreach (var member in lab.Members)
        {
            if (member.Holder is not { IsAlive: true } holder)
            {
                continue;
            }
            if (NamespaceOf($"/proc/{holder.Pid}/ns/net") is { } own)
            {
                _namespaces.Add(own);
            }
            // Only hosts have a /run of their own: in the others the machine's is seen, with namespaces that are not the lab's.
            if (member.Kind == MemberKind.Host)
            {
                _namespaces.UnionWith(Sandboxes($"/proc/{holder.Pid}/root/run/netns"));
            }
        }
        _namespaces.ExceptWith(Sandboxes("/run/netns"));
        _namespaces.ExceptWith([NamespaceOf("/proc/self/ns/net") ?? ""]);
    }

    public IReadOnlyList<int> Find() =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != Environment.ProcessId && IsOurs(pid))];

    public static void Kill(IReadOnlyList<int> pids)
    {
        foreach (var pid in pids)
        {
            _ = Libc.kill(pid, Libc.SIGKILL);
        }
    }

    private bool IsOurs(int pid) =>
        (NamespaceOf($"/proc/{pid}/ns/net") is { } net && _namespaces.Contains(net)) || HasVariable(pid);

    private bool HasVariable(int pid)
    {
        try
        {
            var environment = File.ReadAllBytes($"/proc/{pid}/environ");
            return ((ReadOnlySpan<byte>)environment).IndexOf(_variable) >= 0;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // iproute2 keeps each as a file that is the namespace itself; seen from here its inode is the namespace's.
    private static IEnumerable<string> Sandboxes(string directory) =>
        Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory).Select(NamespaceFiles.Identity).OfType<string>()
            : [];

    private static string? NamespaceOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
