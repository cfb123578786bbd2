using System.Net;
using System.Net.Sockets;

namespace Overlay.Tests.Dns;

/// <summary>A UDP socket and a TCP listener on one free loopback port.</summary>
internal static class LoopbackPorts
{
    public static (Socket Udp, Socket Tcp) Bind()
    {
        for (var tries = 0; ; tries++)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen(128);
                return (udp, tcp);
            }
            catch (SocketException) when (tries < 20)
            {
                // Someone has the TCP port of that number.
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }
}
