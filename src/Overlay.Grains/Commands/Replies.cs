using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Requests;

namespace Overlay.Grains.Commands;

/// <summary>The replies of a partition that are kept for retries. Immutable: a copy that could not be stored is dropped.</summary>
internal sealed class Replies
{
    public static readonly Replies Empty = new(ImmutableDictionary<Guid, RequestRecord>.Empty, []);

    private readonly ImmutableDictionary<Guid, RequestRecord> _byRequest;
    private readonly ImmutableSortedSet<(DateTimeOffset Ends, Guid Request)> _ends;

    private Replies(ImmutableDictionary<Guid, RequestRecord> byRequest, ImmutableSortedSet<(DateTimeOffset, Guid)> ends)
    {
        _byRequest = byRequest;
        _ends = ends;
    }

    public int Count => _byRequest.Count;

    public static bool IsReply(string field) => field.StartsWith(Fields.RequestPrefix, StringComparison.Ordinal);

    public static Replies Read(IEnumerable<KeyValuePair<string, byte[]>> fields)
    {
        var byRequest = fields.Where(f => IsReply(f.Key)).ToImmutableDictionary(
            f => Guid.ParseExact(f.Key[Fields.RequestPrefix.Length..], "N"), f => RecordCodec.Decode<RequestRecord>(f.Value));
        return new(byRequest, [.. byRequest.Select(r => (EndOf(r.Key, r.Value), r.Key))]);
    }

    /// <exception cref="RefusalException">invalid-argument: the id was used for another call.</exception>
    public bool TryFind<TReply>(Guid request, string call, JsonTypeInfo<TReply> type, out TReply? reply)
    {
        reply = default;
        if (!_byRequest.TryGetValue(request, out var record))
            return false;
        if (record.Call != call)
        {
            throw new RefusalException(
                ErrorCodes.InvalidArgument,
                $"request id {request} was used for '{record.Call}', so it cannot be one of '{call}'; make a new id for each request",
                ("request", request.ToString()));
        }
        reply = record.Reply.Deserialize(type);
        return true;
    }

    public Replies Add<TReply>(Guid request, string call, TReply reply, JsonTypeInfo<TReply> type, DateTimeOffset now, out FieldChange change)
    {
        var record = new RequestRecord { Answered = now, Call = call, Reply = JsonSerializer.SerializeToElement(reply, type) };
        change = Decision.Put(Fields.Request(request), record);
        return new(_byRequest.Add(request, record), _ends.Add((EndOf(request, record), request)));
    }

    public Replies Forget(Guid request) => _byRequest.TryGetValue(request, out var record)
        ? new(_byRequest.Remove(request), _ends.Remove((EndOf(request, record), request)))
        : this;

    /// <summary>Drops at most <paramref name="limit"/> of those whose time is over.</summary>
    public Replies Purge(DateTimeOffset now, int limit, List<FieldChange> changes)
    {
        var kept = this;
        for (var i = 0; i < limit && kept._ends.Count > 0 && kept._ends.Min.Ends <= now; i++)
        {
            var request = kept._ends.Min.Request;
            changes.Add(Decision.Delete(Fields.Request(request)));
            kept = kept.Forget(request);
        }
        return kept;
    }

    /// <summary>A caller's clock may be ahead: its id is fresh for longer, and so is the reply kept.</summary>
    private static DateTimeOffset EndOf(Guid request, RequestRecord record)
    {
        var asked = RequestId.TimeOf(request);
        return (asked > record.Answered ? asked : record.Answered) + RequestId.Lifetime;
    }
}
