using System.Net;
using System.Net.Sockets;
using System.Text;
using Overlay.Core.Addressing;
using Overlay.Linux.Probing;
using Overlay.Tests.Dns;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Tests.Matrix;

/// <summary>One attempt to reach something from a namespace, repeated until it is answered or the time is over.</summary>
internal abstract class Probe
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(150);

    /// <summary>What it is called in a failure.</summary>
    public required string Label { get; init; }

    public required string Column { get; init; }

    public required INetNamespace From { get; init; }

    public required Address To { get; init; }

    public required bool Expected { get; init; }

    /// <summary>Who would receive it, if it got through, and must not when a no is expected.</summary>
    public Responder? Target { get; init; }

    protected string Token { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Null when all is well; else what was seen instead.</summary>
    public string? Fault { get; private set; }

    /// <summary>Yes within the time, or never.</summary>
    public async Task Run(TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        var outcome = "nothing was tried";
        var reached = false;
        while (!reached && !deadline.IsCancellationRequested)
        {
            try
            {
                (reached, outcome) = await Try(deadline.Token);
                if (!reached)
                    await Task.Delay(Between, deadline.Token);
            }
            catch (OperationCanceledException)
            {
                outcome = $"no answer in {within.TotalSeconds} s";
            }
            catch (SocketException e)
            {
                outcome = e.SocketErrorCode.ToString();
                await Task.Delay(Between);
            }
        }
        var arrived = Target?.HasSeen(Token) == true;
        Fault = reached == Expected && (Expected || !arrived) ? null
            : Expected ? $"{Label} should be answered: {outcome}{(arrived ? " (it arrived; the answer did not)" : "")}"
            : $"{Label} should not get through: {(reached ? outcome : "it arrived, though its answer did not")}";
    }

    protected abstract Task<(bool Reached, string Outcome)> Try(CancellationToken cancellation);

    protected Socket Open(int type) => new(From.OpenSocket(To.IsV4 ? AF_INET : AF_INET6, type, 0)) { Blocking = false };
}

/// <summary>An echo request, small and then of full size in one piece.</summary>
internal sealed class PingProbe : Probe
{
    public required int FullSize { get; init; }

    /// <summary>One byte more must be refused by the interface itself.</summary>
    public bool IsLargest { get; init; }

    protected override async Task<(bool, string)> Try(CancellationToken cancellation)
    {
        using var echo = new EchoSocket(From);
        foreach (var size in new[] { EchoSocket.SmallestSize, FullSize })
        {
            if (!echo.TrySend(To, (ulong)size, size))
                return (false, $"{size} bytes could not be sent");
            for (var waited = 0; !(echo.TryReceive(out var cookie) && cookie == (ulong)size); waited++)
            {
                if (waited == 60)
                    return (false, $"{size} bytes were not answered");
                await Task.Delay(5, cancellation);
            }
        }
        return IsLargest && echo.TrySend(To, 1, FullSize + 1) ? (false, $"{FullSize + 1} bytes could be sent: the MTU is too large") : (true, "answered");
    }
}

/// <summary>A TCP connection or a datagram, answered by the one it is meant for.</summary>
internal sealed class TransportProbe : Probe
{
    public required bool Tcp { get; init; }

    public int Port { get; init; } = Responder.Port;

    /// <summary>Name of the one who must answer.</summary>
    public required string Who { get; init; }

    /// <summary>The address that must be seen there; null: any.</summary>
    public Address? SeenAs { get; init; }

    protected override async Task<(bool, string)> Try(CancellationToken cancellation)
    {
        using var socket = Open(Tcp ? SOCK_STREAM : SOCK_DGRAM);
        await socket.ConnectAsync(new IPEndPoint(To.ToIPAddress(), Port), cancellation);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Token), SocketFlags.None, cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (!Tcp)
            patience.CancelAfter(300);
        var buffer = new byte[256];
        try
        {
            var answer = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, patience.Token));
            return (answer.StartsWith(Who + "|", StringComparison.Ordinal) && (SeenAs is null || answer == $"{Who}|{SeenAs}"), $"'{answer}' answered");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (false, "no answer");
        }
    }
}

/// <summary>A name, asked of the resolver inside the sandbox; yes when it is exactly the address.</summary>
internal sealed class NameProbe : Probe
{
    private static readonly IPEndPoint Resolver = new(IPAddress.Parse("127.0.0.11"), 53);

    public required string Name { get; init; }

    protected override async Task<(bool, string)> Try(CancellationToken cancellation)
    {
        using var socket = new Socket(From.OpenSocket(AF_INET, SOCK_DGRAM, 0)) { Blocking = false };
        await socket.ConnectAsync(Resolver, cancellation);
        await socket.SendAsync(Packets.Query(Name, To.IsV4 ? Packets.A : Packets.Aaaa), SocketFlags.None, cancellation);
        var reply = new byte[512];
        var length = await socket.ReceiveAsync(reply, SocketFlags.None, cancellation);
        var (code, answers) = (reply[3] & 0x0f, reply[7]);
        // Without EDNS the one answer's data are the message's last bytes.
        var data = To.ToIPAddress().GetAddressBytes();
        return (answers == 1 && reply.AsSpan(0, length).EndsWith(data), $"code {code}, {answers} answers");
    }
}
