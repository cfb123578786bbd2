using System.Buffers.Binary;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Nftables;

/// <summary>The number of a namespace's ruleset: each transaction that changes something, of whoever, makes it one higher.</summary>
internal static class NftGeneration
{
    /// <summary>NFNL_SUBSYS_NFTABLES in the high byte; NFT_MSG_NEWGEN, NFT_MSG_GETGEN.</summary>
    public const ushort New = 0x0a0f;

    private const ushort Get = 0x0a10;
    private const ushort Id = 1;

    public static uint Ask(NetlinkSocket socket, string space)
    {
        Span<byte> buffer = stackalloc byte[64];
        buffer.Clear();
        var writer = new NetlinkWriter(buffer);
        var sequence = socket.NextSequence();
        writer.BeginMessage(Get, MessageFlags.Request, sequence, new GeneralHeader());
        writer.EndMessage();
        socket.Send(writer.Written);
        while (true)
        {
            var messages = new NetlinkReader(socket.Receive());
            while (messages.Next())
            {
                if (messages.Header.Sequence != sequence)
                    continue;
                if (messages.Header.Type == New)
                    return Read(messages.Payload);
                var ack = NetlinkAck.Read(messages.Header, messages.Payload);
                throw new KernelException($"asking for the number of the ruleset in {space}", ack.Errno, ack.Text);
            }
        }
    }

    public static uint Read(ReadOnlySpan<byte> payload)
    {
        AttributeReader.TryOpen<GeneralHeader>(payload, out _, out var attributes);
        while (attributes.Next())
        {
            if (attributes.Type == Id)
                return BinaryPrimitives.ReadUInt32BigEndian(attributes.Value);
        }
        return 0;
    }
}
