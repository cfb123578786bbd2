using System.Net.Sockets;

namespace Overlay.Node.LocalApi;

/// <summary>
/// A Unix socket that nobody else can open, from its first moment on: it is bound inside a directory of mode 0700,
/// made 0600 there and only then moved to its place, over what an earlier life left.
/// </summary>
internal static class LocalSocket
{
    private const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Socket Listen(string path, int backlog)
    {
        // Beside the path: a socket cannot be moved to another file system.
        var nursery = Directory.CreateDirectory(path + ".new", OwnerReadsAndWrites | UnixFileMode.UserExecute).FullName;
        var born = Path.Combine(nursery, "s");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(born);
            socket.Bind(new UnixDomainSocketEndPoint(born));
            File.SetUnixFileMode(born, OwnerReadsAndWrites);
            socket.Listen(backlog);
            File.Move(born, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            Directory.Delete(nursery, recursive: true);
        }
    }
}
