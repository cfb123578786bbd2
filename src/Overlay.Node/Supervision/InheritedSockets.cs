using System.Globalization;
using System.Net.Sockets;
using Overlay.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Node.Supervision;

/// <summary>
/// The descriptors that a supervisor handed to this process (sd_listen_fds(3)): from 3 on, LISTEN_FDS of them, named
/// by LISTEN_FDNAMES, meant for us when LISTEN_PID is our id.
/// </summary>
internal static class InheritedSockets
{
    private const int First = 3;

    /// <summary>
    /// Takes them and hides the variables from our children. A descriptor that is no socket, or whose name came
    /// before, is closed: nothing here could ever use it.
    /// </summary>
    public static Dictionary<string, SafeSocketHandle> Take()
    {
        var process = Environment.GetEnvironmentVariable("LISTEN_PID");
        var count = Environment.GetEnvironmentVariable("LISTEN_FDS");
        var names = Environment.GetEnvironmentVariable("LISTEN_FDNAMES");
        foreach (var variable in new[] { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES" })
            Environment.SetEnvironmentVariable(variable, null);
        return process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptors)
            ? Take(First, descriptors, names?.Split(':') ?? [])
            : [];
    }

    internal static Dictionary<string, SafeSocketHandle> Take(int first, int count, IReadOnlyList<string> names)
    {
        var sockets = new Dictionary<string, SafeSocketHandle>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var descriptor = Descriptors.Raise(first + i);
            var socket = new SafeSocketHandle(descriptor, ownsHandle: true);
            if (i >= names.Count || !Adopt(descriptor) || !sockets.TryAdd(names[i], socket))
                socket.Dispose();
        }
        return sockets;
    }

    // O_NONBLOCK lives on the description, which the supervisor and our earlier life share; close-on-exec was cleared
    // by the dup2 that put the descriptor where it is.
    private static unsafe bool Adopt(int descriptor)
    {
        int type;
        Tmds.Linux.socklen_t length = sizeof(int);
        if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0)
            return false;
        var flags = fcntl(descriptor, F_GETFL);
        return flags >= 0
            && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0
            && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
    }
}
