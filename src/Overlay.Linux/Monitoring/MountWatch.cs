using Microsoft.Win32.SafeHandles;
using Overlay.Linux.Namespaces;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Monitoring;

/// <summary>
/// Tells when what is mounted in a directory has changed. proc(5): a change of the mount table makes /proc/self/mountinfo
/// ready with POLLPRI and POLLERR, and the poll that sees it takes it. inotify would not see a mount that goes, or comes
/// on top of another.
/// </summary>
internal sealed class MountWatch : IEventSource
{
    private const string Table = "/proc/self/mountinfo";

    private readonly SafeFileHandle _handle;
    private readonly string _prefix;
    private string _seen;

    public MountWatch(string directory)
    {
        _prefix = directory + "/";
        _handle = NamespaceFiles.Open(Table, "watching the mount table");
        _seen = Read();
    }

    public int Fd => (int)_handle.DangerousGetHandle();

    public int Interest => EPOLLPRI;

    public IReadOnlyList<KernelNotice> Drain()
    {
        var now = Read();
        if (now == _seen)
            return [];
        _seen = now;
        return [new(KernelEvents.Names)];
    }

    public void Dispose() => _handle.Dispose();

    // "ID PARENT DEVICE ROOT POINT …": of a namespace's mount, the root is "net:[INODE]".
    private string Read() => string.Join('\n', File.ReadLines(Table)
        .Select(line => line.Split(' ', 6))
        .Where(words => words.Length == 6 && words[4].StartsWith(_prefix, StringComparison.Ordinal))
        .Select(words => $"{words[0]} {words[3]} {words[4]}"));
}
