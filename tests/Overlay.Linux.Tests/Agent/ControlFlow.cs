using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Numbered datagrams from one sandbox to another, a hundred a second.</summary>
internal sealed class ControlFlow : IDisposable
{
    private const int Port = 4000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LastOnes = TimeSpan.FromSeconds(1);

    private readonly Kernel _kernel = new();
    private readonly INetNamespace _from;
    private readonly INetNamespace _to;
    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly Thread _sending;
    private readonly Thread _receiving;
    private readonly HashSet<int> _received = [];
    private volatile bool _ending;
    private volatile bool _ended;
    private int _sent;

    public ControlFlow(string from, string to, IPAddress address)
    {
        (_from, _to) = (_kernel.Open(from), _kernel.Open(to));
        _receiver = _to.BindUdp(new IPEndPoint(IPAddress.Any, Port));
        _receiver.ReceiveTimeout = (int)LastOnes.TotalMilliseconds;
        _sender = _from.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        _sender.Connect(address, Port);
        _sending = new Thread(Send) { IsBackground = true };
        _receiving = new Thread(Receive) { IsBackground = true };
        _receiving.Start();
        _sending.Start();
    }

    /// <summary>How many were sent, and how many of these did not arrive.</summary>
    public (int Sent, int Lost) End()
    {
        _ending = true;
        _sending.Join();
        _ended = true;
        _receiving.Join();
        return (_sent, _sent - _received.Count);
    }

    public void Dispose()
    {
        End();
        _sender.Dispose();
        _receiver.Dispose();
        _from.Dispose();
        _to.Dispose();
        _kernel.Dispose();
    }

    private void Send()
    {
        var packet = new byte[sizeof(int)];
        while (!_ending)
        {
            BinaryPrimitives.WriteInt32BigEndian(packet, _sent);
            try
            {
                _sender.Send(packet);
            }
            catch (SocketException)
            {
                // It did not get out: counted as sent, and lost.
            }
            _sent++;
            Thread.Sleep(Pause);
        }
    }

    private void Receive()
    {
        var packet = new byte[sizeof(int)];
        while (true)
        {
            try
            {
                _receiver.Receive(packet);
                _received.Add(BinaryPrimitives.ReadInt32BigEndian(packet));
            }
            catch (SocketException timeout) when (timeout.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                if (_ended)
                    return;
            }
        }
    }
}
