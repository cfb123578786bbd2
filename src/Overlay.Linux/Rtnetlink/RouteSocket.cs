using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

/// <summary>rtnetlink of one namespace: lists, look-ups and batches, one at a time.</summary>
internal sealed class RouteSocket(NetlinkSocket socket, string namespaceName) : IDisposable
{
    private const int InvalidArgument = 22, NoSuchDevice = 19;

    private readonly Lock _gate = new();

    public List<Link> Links() => Dump(MessageType.GetLink, new LinkHeader(), "links", LinkDecoder.Decode, LinkAttribute.ExtMask, (int)LinkAttribute.SkipStatistics);

    // The kernel filters by link because NETLINK_GET_STRICT_CHK is set: by the header, or by an attribute.
    public List<InterfaceAddress> Addresses(int link) =>
        Dump(MessageType.GetAddress, new AddressHeader { Index = link }, "addresses", AddressDecoder.Decode);

    public List<Neighbour> Neighbours(int link) =>
        Dump(MessageType.GetNeighbour, new NeighbourHeader(), "neighbours", NeighbourDecoder.Decode, NeighbourAttribute.IfIndex, link);

    public List<FdbEntry> Fdb(int link) => Dump(
        MessageType.GetNeighbour, new NeighbourHeader { Family = Family.Bridge }, "forwarding entries", NeighbourDecoder.DecodeFdb, NeighbourAttribute.IfIndex, link);

    public List<Route> Routes(int link)
    {
        var routes = Dump(MessageType.GetRoute, new RouteHeader { Family = Family.V4 }, "routes", RouteDecoder.Decode, RouteAttribute.OutLink, link);
        routes.AddRange(Dump(MessageType.GetRoute, new RouteHeader { Family = Family.V6 }, "routes", RouteDecoder.Decode, RouteAttribute.OutLink, link));
        if (link != 0)
            routes.RemoveAll(route => route.LinkIndex != link);
        return routes;
    }

    public Link? Find(string name)
    {
        lock (_gate)
            return FindLocked(name, 0);
    }

    public Link? Find(int index)
    {
        lock (_gate)
            return FindLocked(null, index);
    }

    public int? NamespaceNumber(int namespaceFd)
    {
        lock (_gate)
        {
            Span<byte> buffer = stackalloc byte[64];
            buffer.Clear();
            var writer = new NetlinkWriter(buffer);
            var sequence = socket.NextSequence();
            writer.BeginMessage(MessageType.GetNamespaceNumber, MessageFlags.Request, sequence, new GeneralHeader());
            writer.Int32(NamespaceAttribute.Fd, namespaceFd);
            writer.EndMessage();
            socket.Send(writer.Written);
            int? number = null;
            var ack = Answer(sequence, payload =>
            {
                AttributeReader.TryOpen<GeneralHeader>(payload, out _, out var attributes);
                while (attributes.Next())
                {
                    if (attributes.Type == NamespaceAttribute.Number && attributes.Int32 >= 0)
                        number = attributes.Int32;
                }
            });
            return ack.Errno == 0 ? number : throw new KernelException($"asking for a namespace's number in {namespaceName}", ack.Errno, ack.Text);
        }
    }

    public void Apply(IReadOnlyList<KernelChange> changes)
    {
        var failures = new List<KernelException>();
        lock (_gate)
        {
            var batch = new NetlinkBatch(socket, (change, ack) => failures.Add(Failure(change, ack.Errno, ack.Text)));
            var indexes = new LinkIndexes();
            var notMade = new HashSet<string>(StringComparer.Ordinal);
            foreach (var change in changes)
            {
                if (ChangeCheck.Refusal(change) is { } refusal)
                    failures.Add(Failure(change, InvalidArgument, refusal));
                else if (LinkNames.Of(change).FirstOrDefault(notMade.Contains) is { } absent)
                    failures.Add(Failure(change, NoSuchDevice, $"{absent} could not be made"));
                else if (!Resolve(change, batch, indexes, failures))
                    continue;
                else if (change is AddLink link)
                    Add(link, batch, indexes, notMade);
                else
                    Queue(change, batch, indexes);
            }
            batch.Flush();
        }
        if (KernelException.Combine(failures) is { } failure)
            throw failure;
    }

    public void Dispose() => socket.Dispose();

    /// <summary>A link is made before anything else is sent: if its name was taken, the changes that follow would
    /// hit somebody else's link.</summary>
    private static void Add(AddLink link, NetlinkBatch batch, LinkIndexes indexes, HashSet<string> notMade)
    {
        batch.Flush();
        Queue(link, batch, indexes);
        if (!batch.Flush())
        {
            if (link is not AddSubLink { Space: not null })
                notMade.Add(link.Name);
            return;
        }
        if (link.Alias is { Length: > 0 } alias)
        {
            var writer = batch.Begin(out var sequence);
            LinkEncoder.SetAlias(ref writer, sequence, link.Name, alias);
            batch.Commit(writer, sequence, link);
        }
    }

    private static void Queue(KernelChange change, NetlinkBatch batch, LinkIndexes indexes)
    {
        var writer = batch.Begin(out var sequence);
        ChangeEncoder.Write(ref writer, sequence, change, indexes);
        batch.Commit(writer, sequence, change);
        switch (change)
        {
            case AddLink add: indexes.Forget(add.Name); break;
            case DeleteLink delete: indexes.Forget(delete.Name); break;
            case SetLink { Rename: not null }: indexes.Clear(); break;
            case DeleteLinkGroup: indexes.Clear(); break;
        }
    }

    private bool Resolve(KernelChange change, NetlinkBatch batch, LinkIndexes indexes, List<KernelException> failures)
    {
        var (first, second) = LinkIndexes.NeededBy(change);
        foreach (var name in (ReadOnlySpan<string?>)[first, second])
        {
            if (name is null || indexes.Knows(name))
                continue;
            // What is queued may be what makes, renames or deletes this link.
            batch.Flush();
            if (FindLocked(name, 0) is not { } link)
            {
                failures.Add(Failure(change, NoSuchDevice, $"there is no link {name}"));
                return false;
            }
            indexes[name] = link.Index;
        }
        return true;
    }

    private Link? FindLocked(string? name, int index)
    {
        Span<byte> buffer = stackalloc byte[256];
        buffer.Clear();
        var writer = new NetlinkWriter(buffer);
        var sequence = socket.NextSequence();
        LinkEncoder.Get(ref writer, sequence, name, index);
        socket.Send(writer.Written);
        Link? found = null;
        var ack = Answer(sequence, payload => found = LinkDecoder.Decode(payload));
        return ack.Errno is 0 or NoSuchDevice ? found : throw new KernelException($"looking up link {name ?? $"number {index}"} in {namespaceName}", ack.Errno, ack.Text);
    }

    private delegate void PayloadReader(ReadOnlySpan<byte> payload);

    /// <summary>Reads to the one answer of a request that asked for no acknowledgement.</summary>
    private NetlinkAck Answer(uint sequence, PayloadReader read)
    {
        while (true)
        {
            var messages = new NetlinkReader(socket.Receive());
            while (messages.Next())
            {
                if (messages.Header.Sequence != sequence)
                    continue;
                if (messages.Header.Type == MessageType.Error)
                    return NetlinkAck.Read(messages.Header, messages.Payload);
                read(messages.Payload);
                return default;
            }
        }
    }

    private List<T> Dump<T, THeader>(ushort type, in THeader header, string what, NetlinkDump.Decode<T> decode, ushort attribute = 0, int value = 0)
        where T : class
        where THeader : unmanaged
    {
        lock (_gate)
        {
            Span<byte> buffer = stackalloc byte[64];
            buffer.Clear();
            var writer = new NetlinkWriter(buffer);
            var sequence = socket.NextSequence();
            writer.BeginMessage(type, MessageFlags.Request | MessageFlags.Dump, sequence, header);
            if (value != 0)
                writer.Int32(attribute, value);
            writer.EndMessage();
            try
            {
                return NetlinkDump.Read(socket, writer.Written, sequence, $"listing {what} in {namespaceName}", decode);
            }
            catch (KernelException gone) when (gone.Errno == NoSuchDevice)
            {
                return [];
            }
        }
    }

    private KernelException Failure(KernelChange change, int errno, string? detail) =>
        new($"{change} in {namespaceName}", errno, UnknownKind.Explain(change, errno, detail) ?? detail);
}
