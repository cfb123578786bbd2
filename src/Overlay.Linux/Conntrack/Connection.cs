using Overlay.Linux.Netlink;

namespace Overlay.Linux.Conntrack;

/// <summary>A tracked connection: what filters look at, and the raw attributes that name it to the kernel.</summary>
internal sealed record Connection(byte Family, byte[] Original, byte[]? Zone, ConnectionTuple OriginalTuple, ConnectionTuple ReplyTuple)
{
    private const ushort OriginalAttribute = 1, ReplyAttribute = 2;
    public const ushort ZoneAttribute = 18;

    public static Connection? Decode(ReadOnlySpan<byte> payload)
    {
        // nfgenmsg: family, version, resource id.
        if (!AttributeReader.TryOpen<GeneralHeader>(payload, out var header, out var attributes))
            return null;
        byte[]? original = null, zone = null;
        ConnectionTuple originalTuple = default, replyTuple = default;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case OriginalAttribute:
                    original = attributes.Value.ToArray();
                    originalTuple = ConnectionTuple.Read(attributes.Nested);
                    break;
                case ReplyAttribute:
                    replyTuple = ConnectionTuple.Read(attributes.Nested);
                    break;
                case ZoneAttribute:
                    zone = attributes.Value.ToArray();
                    break;
            }
        }
        return original is null ? null : new Connection(header.Family, original, zone, originalTuple, replyTuple);
    }

    public bool Matches(ConnectionFilter filter) =>
        (filter.Protocol is null || filter.Protocol == OriginalTuple.Protocol)
        && (filter.OriginalSource is null || filter.OriginalSource == OriginalTuple.Source)
        && (filter.OriginalDestination is null || filter.OriginalDestination == OriginalTuple.Destination)
        && (filter.OriginalDestinationPort is null || filter.OriginalDestinationPort == OriginalTuple.DestinationPort)
        && (filter.ReplySource is null || filter.ReplySource == ReplyTuple.Source)
        && (filter.ReplySourcePort is null || filter.ReplySourcePort == ReplyTuple.SourcePort);

    public void WriteDelete(ref NetlinkWriter writer, ushort type, uint sequence)
    {
        writer.BeginMessage(type, MessageFlags.Request | MessageFlags.Ack, sequence, new GeneralHeader { Family = Family });
        var tuple = writer.BeginNest(OriginalAttribute);
        writer.Raw(Original);
        writer.EndNest(tuple);
        if (Zone is not null)
            writer.Bytes(ZoneAttribute, Zone);
        writer.EndMessage();
    }
}
