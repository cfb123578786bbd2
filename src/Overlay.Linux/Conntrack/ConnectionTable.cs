using Overlay.Linux.Netlink;

namespace Overlay.Linux.Conntrack;

/// <summary>ctnetlink. The kernel's own filters differ between versions, so the list is read and matched here.</summary>
internal static class ConnectionTable
{
    /// <summary>NFNL_SUBSYS_CTNETLINK in the high byte; IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_DELETE.</summary>
    private const ushort Get = 0x0101, Remove = 0x0102;

    private const int NoEntry = 2;
    private const int LongestRequest = 256;

    public static int Delete(NetlinkSocket socket, IReadOnlyList<ConnectionFilter> filters, string space)
    {
        var action = $"deleting tracked connections in {space}";
        var deleted = 0;
        foreach (var connection in List(socket, action))
        {
            if (filters.Any(connection.Matches) && Delete(socket, connection, action))
                deleted++;
        }
        return deleted;
    }

    private static List<Connection> List(NetlinkSocket socket, string action)
    {
        Span<byte> buffer = stackalloc byte[LongestRequest];
        buffer.Clear();
        var writer = new NetlinkWriter(buffer);
        var sequence = socket.NextSequence();
        writer.BeginMessage(Get, MessageFlags.Request | MessageFlags.Dump, sequence, new GeneralHeader());
        writer.EndMessage();
        return NetlinkDump.Read(socket, writer.Written, sequence, action, Connection.Decode);
    }

    /// <returns>False when the connection ended by itself meanwhile.</returns>
    private static bool Delete(NetlinkSocket socket, Connection connection, string action)
    {
        Span<byte> buffer = stackalloc byte[LongestRequest];
        buffer.Clear();
        var writer = new NetlinkWriter(buffer);
        var sequence = socket.NextSequence();
        connection.WriteDelete(ref writer, Remove, sequence);
        socket.Send(writer.Written);
        while (true)
        {
            var messages = new NetlinkReader(socket.Receive());
            while (messages.Next())
            {
                if (messages.Header.Sequence != sequence || messages.Header.Type != MessageType.Error)
                    continue;
                var ack = NetlinkAck.Read(messages.Header, messages.Payload);
                return ack.Errno is 0 or NoEntry ? ack.Errno == 0 : throw new KernelException(action, ack.Errno, ack.Text);
            }
        }
    }
}
