using System.Security.Cryptography;
using System.Text;

namespace Overlay.Core.Requests;

/// <summary>
/// A request's id is a UUIDv7 (RFC 9562, 5.7): its first 48 bits are the caller's clock in milliseconds, so that an
/// id too old to be remembered can be told from one that is new.
/// </summary>
public static class RequestId
{
    /// <summary>How long a reply is kept for retries, and how far a caller's clock may be off.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static DateTimeOffset TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        long milliseconds = 0;
        foreach (var b in bytes[..6])
            milliseconds = milliseconds << 8 | b;
        return DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Min(milliseconds, 200_000_000_000_000));
    }

    /// <summary>
    /// The id of one step of a request: the same for every retry of it, different for every step; of the same time.
    /// </summary>
    public static Guid Derive(Guid request, string step)
    {
        Span<byte> hash = stackalloc byte[32];
        Hash(request, step, hash);
        request.TryWriteBytes(hash, bigEndian: true, out _);
        // What the request had there is in the hash's second half.
        hash[16..26].CopyTo(hash[6..16]);
        hash[6] = (byte)(hash[6] & 0x0f | 0x70);
        hash[8] = (byte)(hash[8] & 0x3f | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>The id of the object that a request makes: a retry makes the same one.</summary>
    public static ObjectId ObjectOf(Guid request, string step)
    {
        Span<byte> hash = stackalloc byte[32];
        Hash(request, step, hash);
        return ObjectId.FromBytes(hash);
    }

    /// <exception cref="RefusalException">expired; invalid-argument: not a UUIDv7.</exception>
    public static void Require(Guid id, DateTimeOffset storeTime)
    {
        if (id.Version != 7)
            throw new RefusalException(ErrorCodes.InvalidArgument, $"request id {id} is not a UUIDv7; make one with Guid.CreateVersion7");
        var age = storeTime - TimeOf(id);
        if (age.Duration() > Lifetime)
        {
            throw new RefusalException(
                ErrorCodes.Expired,
                age > TimeSpan.Zero
                    ? $"the request is {Minutes(age)} min old by the store's clock, and replies are kept for {Minutes(Lifetime)}; ask what is there, then send a new one (a clock that is slow does this too)"
                    : $"the request comes {Minutes(age.Negate())} min from the future by the store's clock; set this machine's clock",
                ("request", id.ToString()), ("store-time", storeTime.ToString("O")));
        }
    }

    private static int Minutes(TimeSpan time) => (int)Math.Round(time.TotalMinutes);

    private static void Hash(Guid request, string step, Span<byte> destination)
    {
        var text = Encoding.UTF8.GetBytes(step);
        var input = new byte[16 + text.Length];
        request.TryWriteBytes(input, bigEndian: true, out _);
        text.CopyTo(input, 16);
        SHA256.HashData(input, destination);
    }
}
