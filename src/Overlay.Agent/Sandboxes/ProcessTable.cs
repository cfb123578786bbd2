using System.Globalization;
using System.Runtime.InteropServices;

namespace Overlay.Agent.Sandboxes;

/// <summary>What /proc says of other processes.</summary>
internal static partial class ProcessTable
{
    public const int SIGTERM = 15;
    public const int SIGKILL = 9;

    private const string Directories = "/proc";

    /// <summary>Processes in a network namespace, named as its links in /proc are: "net:[4026532008]".</summary>
    public static IReadOnlyList<int> InNamespace(string space, string directory = Directories) =>
        [.. All(directory).Where(pid => ReadLink($"{directory}/{pid}/ns/net") == space)];

    /// <summary>Processes of a session, without its leader.</summary>
    public static IReadOnlyList<int> InSession(int session) => [.. All(Directories).Where(pid => pid != session && StatField(pid, 6) == session)];

    /// <summary>Clock ticks from boot to the process's start: with the pid, this is an identity. Null: no such process.</summary>
    public static long? StartOf(int pid) => StatField(pid, 22);

    public static void Signal(IEnumerable<int> pids, int signal)
    {
        foreach (var pid in pids)
            _ = Kill(pid, signal);
    }

    // proc(5): field 2, the name, stands in parentheses and may hold anything.
    private static long? StatField(int pid, int field)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var rest = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(rest[field - 3], CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.Name;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<int> All(string path)
    {
        foreach (var directory in Directory.EnumerateDirectories(path))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                yield return pid;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
