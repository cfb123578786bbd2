using Overlay.Core.Names;
using Overlay.Dns.Answering;
using Overlay.Dns.Forwarding;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Serving;

/// <summary>
/// The way of one message, the same by UDP and TCP: read, answer from the names, answer from the cache, or hand over to
/// forwarding. The first three are synchronous and allocate nothing.
/// </summary>
internal sealed class Responder(TimeProvider time, CancellationToken stopping)
{
    /// <summary>Over all sandboxes: each costs a socket.</summary>
    private const int MaxForwards = 2048;

    private readonly Forwarder _forwarder = new(time);
    private volatile NameTable _table = NameTable.Empty;
    private int _forwards;

    public NameTable Table
    {
        get => _table;
        set => _table = value;
    }

    public Counters Counters { get; } = new();

    /// <summary>Returns the reply's length; 0 when there is none, or none yet: then <paramref name="pending"/> is set.</summary>
    /// <param name="reply">Room for the largest reply of the transport.</param>
    /// <param name="isTcp">The client takes a whole message, whatever its OPT record says.</param>
    public int Respond(
        ReadOnlySpan<byte> message, Listener listener, bool isTcp, ref Rotation rotation, Span<byte> reply, out PendingForward? pending)
    {
        pending = null;
        try
        {
            var length = Answer(message, listener, isTcp, ref rotation, reply, out var result, out pending);
            if (pending is null)
                Counters.Count(result);
            return length;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidOperationException)
        {
            // A defect in one answer must not end the loop that serves every sandbox.
            Counters.Count(DnsResult.InternalError);
            return 0;
        }
    }

    /// <summary>Asks upstream and writes the reply; returns its length, 0 when the server stops before there is one.</summary>
    public async Task<int> ForwardAsync(PendingForward pending, Memory<byte> reply)
    {
        try
        {
            var answer = await _forwarder.AskAsync(pending.Request, pending.Plan, stopping).ConfigureAwait(false);
            pending.AnsweredBy = answer?.From;
            if (answer is null && stopping.IsCancellationRequested)
                return 0;
            Counters.Count(answer is null ? DnsResult.UpstreamFailed : DnsResult.Forwarded);
            Query.Read(pending.Message, out var query);
            var room = Room(query, pending.IsTcp, reply.Span);
            return answer?.Write(query, TimeSpan.Zero, room) ?? Answerer.Reply(query, ResponseCode.ServFail, room);
        }
        finally
        {
            Interlocked.Decrement(ref _forwards);
            pending.Listener.LeaveForward();
        }
    }

    /// <summary>
    /// The same way, without counting what is asked out of curiosity; <c>Source</c> says who knew a foreign name.
    /// </summary>
    public async Task<(int Length, DnsResult Result, string Source)> ExplainAsync(byte[] message, Listener listener, Memory<byte> reply)
    {
        var rotation = Rotation.Seeded();
        var length = Answer(message, listener, isTcp: true, ref rotation, reply.Span, out var result, out var pending);
        if (pending is null)
            return (length, result, result == DnsResult.Cached ? CacheSource(message, listener) : "");
        length = await ForwardAsync(pending, reply).ConfigureAwait(false);
        return pending.AnsweredBy is { } server ? (length, DnsResult.Forwarded, $"upstream server {server}") : (length, DnsResult.UpstreamFailed, "");
    }

    private string CacheSource(byte[] message, Listener listener)
    {
        Query.Read(message, out var query);
        Span<byte> key = stackalloc byte[ForwardRequest.MaxKeySize];
        return _forwarder.Cache.Find(key[..ForwardRequest.WriteKey(query, listener.Outlook.Plan, key)], out var age) is { } known
            ? $"cache: upstream server {known.From} said so {age.TotalSeconds:0} s ago"
            : "cache";
    }

    private int Answer(
        ReadOnlySpan<byte> message, Listener listener, bool isTcp, ref Rotation rotation, Span<byte> reply, out DnsResult result, out PendingForward? pending)
    {
        pending = null;
        var verdict = Query.Read(message, out var query);
        if (verdict != QueryVerdict.Good)
            return Answerer.Reject(verdict, query, reply[..Protocol.MinPayload], out result);
        var room = Room(query, isTcp, reply);
        var outlook = listener.Outlook;
        if (Answerer.TryAnswer(query, outlook.Vantage, _table, ref rotation, room, out var length, out result))
            return length;
        Span<byte> buffer = stackalloc byte[ForwardRequest.MaxKeySize];
        var key = buffer[..ForwardRequest.WriteKey(query, outlook.Plan, buffer)];
        if (_forwarder.Cache.Find(key, out var age) is { } known)
        {
            result = DnsResult.Cached;
            return known.Write(query, age, room);
        }
        if (outlook.Plan.Servers.IsEmpty)
        {
            result = DnsResult.UpstreamFailed;
            return Answerer.Reply(query, ResponseCode.ServFail, room);
        }
        if (!TryEnter(listener))
        {
            result = DnsResult.Overloaded;
            return Answerer.Reply(query, ResponseCode.Refused, room);
        }
        pending = new PendingForward(listener, outlook.Plan, new ForwardRequest(query, key), message.ToArray(), isTcp);
        return 0;
    }

    private bool TryEnter(Listener listener)
    {
        if (!listener.TryEnterForward())
            return false;
        if (Interlocked.Increment(ref _forwards) <= MaxForwards)
            return true;
        Interlocked.Decrement(ref _forwards);
        listener.LeaveForward();
        return false;
    }

    private static Span<byte> Room(in Query query, bool isTcp, Span<byte> reply) => isTcp ? reply : reply[..query.Payload];
}

/// <summary>A question that waits for an upstream server.</summary>
internal sealed record PendingForward(Listener Listener, ForwardPlan Plan, ForwardRequest Request, byte[] Message, bool IsTcp)
{
    /// <summary>Set once there is an answer.</summary>
    public UpstreamServer? AnsweredBy { get; set; }
}
