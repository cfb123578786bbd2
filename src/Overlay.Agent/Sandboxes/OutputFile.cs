using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Overlay.Contracts.Grains;

namespace Overlay.Agent.Sandboxes;

/// <summary>
/// A command's output: it only grows, and its old part is punched out, so that offsets keep their meaning and the disk
/// holds a bounded part.
/// </summary>
internal static partial class OutputFile
{
    private const long Kept = 16 << 20;
    private const long Slack = 4 << 20;
    private const int PageSize = 64 << 10;
    private const int FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2;

    public static LogPage Read(string path, long offset, bool ended)
    {
        if (!File.Exists(path))
            return new() { Bytes = [], NextOffset = 0, End = ended };
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(file);
        var from = Math.Clamp(offset, FirstKept(path), length);
        var bytes = new byte[Math.Min(PageSize, length - from)];
        var read = RandomAccess.Read(file, bytes, from);
        return new() { Bytes = bytes[..read], NextOffset = from + read, End = ended && from + read >= length };
    }

    public static void Bound(string path)
    {
        if (!File.Exists(path))
            return;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var (length, first) = (RandomAccess.GetLength(file), FirstKept(path));
        if (length - first <= Kept + Slack)
            return;
        var cut = (length - Kept) & ~0xfffL;
        File.WriteAllText(path + ".first", cut.ToString(CultureInfo.InvariantCulture));
        if (Allocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, cut) != 0)
        {
            // A file system without holes: start over.
            RandomAccess.SetLength(file, 0);
            File.Delete(path + ".first");
        }
    }

    private static long FirstKept(string path) =>
        File.Exists(path + ".first") && long.TryParse(File.ReadAllText(path + ".first"), CultureInfo.InvariantCulture, out var first) ? first : 0;

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);
}
