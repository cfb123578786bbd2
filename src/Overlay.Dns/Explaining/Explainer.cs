using System.Buffers.Binary;
using System.Security.Cryptography;
using Overlay.Core.Names;
using Overlay.Dns.Answering;
using Overlay.Dns.Serving;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Explaining;

/// <summary>Asks as a sandbox would, through the very code that answers it, and says how the answer came about.</summary>
internal static class Explainer
{
    /// <exception cref="FormatException">No name that DNS can ask for.</exception>
    public static async Task<Explanation> ExplainAsync(Responder responder, Listener listener, string name, RecordType type)
    {
        var message = Message(name, type);
        var (vantage, table) = (listener.Outlook.Vantage, responder.Table);
        var reply = new byte[Protocol.MaxMessage];
        var (length, result, source) = await responder.ExplainAsync(message, listener, reply).ConfigureAwait(false);
        return Read(reply.AsSpan(0, length), Source(result, source, vantage), RecordFates.Of(NameKey.Of(name), type, vantage, table));
    }

    private static Explanation Read(ReadOnlySpan<byte> reply, string source, IReadOnlyList<ExplainedRecord> records) => reply.IsEmpty
        ? new("SERVFAIL", source, [], [], records)
        : new(MessageText.CodeOf(reply), source, MessageText.Section(reply, 1), MessageText.Section(reply, 2), records);

    private static byte[] Message(string name, RecordType type)
    {
        var message = new byte[Protocol.HeaderSize + Protocol.MaxName + 4];
        RandomNumberGenerator.Fill(message.AsSpan(0, 2));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)HeaderFlags.RecursionDesired);
        message[5] = 1;
        var bare = name.EndsWith('.') ? name[..^1] : name;
        var length = bare.Length == 0 ? 1 : WireName.WriteText(bare, message.AsSpan(Protocol.HeaderSize, Protocol.MaxName));
        if (length < 0)
            throw new FormatException($"'{name}' is no name that DNS can ask for: labels have 1 to 63 ASCII characters, a name at most 253");
        var at = Protocol.HeaderSize + length;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 2), Protocol.ClassInternet);
        return message[..(at + 4)];
    }

    private static string Source(DnsResult result, string foreign, Vantage vantage) => result switch
    {
        DnsResult.Answered or DnsResult.NoData => "the sandbox's networks",
        DnsResult.NameError when !vantage.Forwards => "this host: all networks of the sandbox are internal, where other names do not exist",
        DnsResult.NameError => "this host: names of this kind are never forwarded",
        DnsResult.Overloaded => "this host: too many questions of the sandbox wait for upstream servers",
        DnsResult.Refused or DnsResult.NotImplemented => "this host: questions of this kind are not answered",
        DnsResult.UpstreamFailed when vantage.Upstreams.IsEmpty => "this host: it knows no upstream server for the sandbox",
        DnsResult.UpstreamFailed => $"this host: no upstream server answered ({string.Join(", ", vantage.Upstreams)})",
        _ => foreign,
    };
}
