using System.Net.Sockets;

namespace Overlay.Agent.Supervision;

/// <summary>
/// Sockets that the supervisor holds for us, so that queries wait in the kernel while this process restarts. The
/// store keeps a duplicate: a stored socket lives, and keeps its network namespace alive, until it is removed here,
/// whatever happens to the descriptor that was put in.
/// </summary>
public interface ISocketStore
{
    /// <summary>
    /// The sockets that an earlier life of this process left, by name, each non-blocking and close-on-exec. The
    /// caller owns them. Works once: a second call finds none.
    /// </summary>
    IReadOnlyDictionary<string, SafeSocketHandle> TakeOver();

    /// <summary>Harmless without a supervisor: the socket then ends with this process.</summary>
    /// <param name="name">Unique; up to 255 printable ASCII characters except ':' (sd_pid_notify_with_fds(3)).</param>
    void Put(string name, SafeSocketHandle socket);

    /// <summary>Harmless when nothing of this name is stored.</summary>
    void Remove(string name);
}
