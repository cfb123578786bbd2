using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns;

namespace Overlay.Tests.Dns;

/// <summary>The whole server on loopback ports, and a client for it.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<ObjectId, EndPoint> _addresses = [];

    public LoopbackServer(params UpstreamServer[] upstreams)
    {
        Server = new DnsServer(Time);
        Server.Update(Shop.Table);
        Add(Sandbox, upstreams);
    }

    public ManualTime Time { get; } = new();

    public DnsServer Server { get; }

    public ObjectId Sandbox { get; } = new(100);

    public void Add(ObjectId sandbox, params UpstreamServer[] upstreams)
    {
        var (udp, tcp) = LoopbackPorts.Bind();
        _addresses[sandbox] = udp.LocalEndPoint!;
        Server.Add(sandbox, udp, tcp, Shop.Vantage with { Upstreams = [.. upstreams] });
    }

    public EndPoint AddressOf(ObjectId sandbox) => _addresses[sandbox];

    public Task<ParsedReply> AskAsync(string name, ushort type = Packets.A, ObjectId? sandbox = null, int edns = 0) =>
        AskAsync(Packets.Query(name, type, edns: edns), sandbox);

    public async Task<ParsedReply> AskAsync(byte[] query, ObjectId? sandbox = null)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var patience = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(AddressOf(sandbox ?? Sandbox), patience.Token);
        await socket.SendAsync(query, patience.Token);
        var buffer = new byte[65536];
        var received = await socket.ReceiveAsync(buffer, patience.Token);
        return ParsedReply.Read(buffer.AsSpan(0, received));
    }

    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(AddressOf(Sandbox), patience.Token);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async Task<ParsedReply> AskByTcpAsync(byte[] query)
    {
        using var stream = await ConnectAsync();
        await stream.WriteAsync(Prefixed(query));
        return await ReadAsync(stream);
    }

    public static byte[] Prefixed(byte[] message) => [.. Packets.U16((ushort)message.Length), .. message];

    public static async Task<ParsedReply> ReadAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(Patience);
        var prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix, patience.Token);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(message, patience.Token);
        return ParsedReply.Read(message);
    }

    /// <summary>True when the server has closed the connection.</summary>
    public static async Task<bool> IsClosedAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await stream.ReadAsync(new byte[1], patience.Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => Server.Dispose();
}
