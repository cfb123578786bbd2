namespace Overlay.Dns.Wire;

/// <summary>Record and question types that this server knows by name (IANA DNS parameters).</summary>
public enum RecordType : ushort
{
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    HInfo = 13,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,
    Opt = 41,
    Ixfr = 251,
    Axfr = 252,
    Any = 255,
}

/// <summary>Response codes; those above 15 live partly in the OPT record (RFC 6891, 6.1.3).</summary>
public enum ResponseCode
{
    NoError = 0,
    FormErr = 1,
    ServFail = 2,
    NxDomain = 3,
    NotImp = 4,
    Refused = 5,
    BadVers = 16,
}

/// <summary>The second 16 bits of a message's header (RFC 1035, 4.1.1; RFC 4035, 3).</summary>
[Flags]
internal enum HeaderFlags : ushort
{
    None = 0,
    Response = 0x8000,
    Authoritative = 0x0400,
    Truncated = 0x0200,
    RecursionDesired = 0x0100,
    RecursionAvailable = 0x0080,
    AuthenticData = 0x0020,
    CheckingDisabled = 0x0010,
}

internal static class Protocol
{
    public const int HeaderSize = 12;
    public const int MaxName = 255;
    public const int MaxLabel = 63;
    public const int MaxMessage = 65535;

    /// <summary>What a client takes that says nothing (RFC 1035, 4.2.1).</summary>
    public const int MinPayload = 512;

    /// <summary>The largest UDP answer sent, whatever the client says it takes.</summary>
    public const int MaxPayload = 4096;

    /// <summary>What we say we take by UDP: no fragments on any usual path (DNS flag day 2020).</summary>
    public const int OurPayload = 1232;

    /// <summary>An OPT record without options: root name, type, class, TTL, empty data.</summary>
    public const int OptSize = 11;

    public const ushort ClassInternet = 1;
    public const ushort OpcodeMask = 0x7800;
    public const ushort RcodeMask = 0x000f;

    /// <summary>A compression pointer to the question's name, which always follows the header.</summary>
    public const ushort QuestionPointer = 0xc000 | HeaderSize;
}
