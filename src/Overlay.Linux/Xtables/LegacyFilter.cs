using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Xtables;

/// <summary>Reads iptables' own tables with getsockopt(2), as iptables-legacy-save does.</summary>
internal static unsafe class LegacyFilter
{
    private const int EntriesHeader = 40, InfoSize = 84, Level4 = 0, Level6 = 41;
    private const int GetInfo = 64, GetEntries = 65; // IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES; the same for IPv6

    /// <summary>More is no table that somebody wrote by hand; it is read all the same, up to this.</summary>
    private const int MostBytes = 64 * 1024 * 1024;

    /// <summary>In the calling thread's namespace.</summary>
    public static string? List(bool v6, string space)
    {
        // Asking for a table that nobody has used yet would make it.
        if (!IsInUse(v6))
            return null;
        var action = $"reading {(v6 ? "ip6tables" : "iptables")}-legacy rules in {space}";
        var fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
        if (fd < 0)
            throw new KernelException(action, errno);
        try
        {
            Span<byte> info = stackalloc byte[InfoSize];
            Ask(fd, v6, GetInfo, info, action);
            var header = LegacyTable.Read(info);
            if (header.Size > MostBytes)
                throw new KernelException(action, E2BIG, $"the table has {header.Size} bytes");
            var entries = new byte[EntriesHeader + header.Size];
            BitConverter.TryWriteBytes(entries.AsSpan(32), header.Size);
            Ask(fd, v6, GetEntries, entries, action);
            return header.Print(entries.AsSpan(EntriesHeader), v6);
        }
        finally
        {
            close(fd);
        }
    }

    private static bool IsInUse(bool v6)
    {
        // Not /proc/net: that is the first thread's namespace.
        var names = $"/proc/thread-self/net/{(v6 ? "ip6" : "ip")}_tables_names";
        try
        {
            return File.ReadAllLines(names).Contains("filter");
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Ask(int fd, bool v6, int option, Span<byte> buffer, string action)
    {
        Encoding.ASCII.GetBytes("filter", buffer);
        fixed (byte* start = buffer)
        {
            socklen_t length = (uint)buffer.Length;
            if (getsockopt(fd, v6 ? Level6 : Level4, option, start, &length) < 0)
                throw new KernelException(action, errno);
        }
    }
}
