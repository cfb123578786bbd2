using System.Buffers.Binary;
using System.Globalization;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Sockets;

/// <summary>
/// /proc/net/{tcp,tcp6,udp,udp6} of the calling thread's namespace. Every kernel has them; the netlink dump of sockets is
/// an option of its configuration.
/// </summary>
internal static class SocketTables
{
    // proc(5): "sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …".
    private const int LocalAddress = 1, State = 3, Inode = 9;

    /// <summary>TCP_LISTEN, and TCP_CLOSE, which stands for a UDP socket without a peer.</summary>
    private const string Listening = "0A", Unconnected = "07";

    public static IReadOnlyList<BoundSocket> Read(string space)
    {
        try
        {
            return [.. new[] { "tcp", "tcp6", "udp", "udp6" }.SelectMany(Read)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KernelException($"listing sockets in {space}", exception.HResult is > 0 and < 4096 ? exception.HResult : 5, exception.Message);
        }

        static IEnumerable<BoundSocket> Read(string table)
        {
            // No IPv6 in this kernel: no such file. Read at once, before the thread is another namespace's again.
            var path = $"/proc/thread-self/net/{table}";
            return File.Exists(path) ? [.. File.ReadAllLines(path).Skip(1).Select(line => Parse(line, table.StartsWith("udp", StringComparison.Ordinal))).OfType<BoundSocket>()] : [];
        }
    }

    /// <summary>Null: a line of another form.</summary>
    public static BoundSocket? Parse(string line, bool isUdp)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > Inode
            && words[LocalAddress].Split(':') is [var address, var port]
            && address.Length is 8 or 32
            && ulong.TryParse(words[Inode], NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
            ? new(isUdp, ParseAddress(address), int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture), words[State] is Listening || (isUdp && words[State] is Unconnected), inode)
            : null;
    }

    // Printed word by word in the machine's byte order.
    private static Address ParseAddress(string hex)
    {
        var bytes = new byte[hex.Length / 2];
        for (var word = 0; word < hex.Length; word += 8)
        {
            var value = uint.Parse(hex.AsSpan(word, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(word / 2), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
        }
        return Address.FromBytes(bytes);
    }
}
