using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Benchmarks.DataPath;

/// <summary>One byte there and back over TCP, as often as it goes: <c>datapath pong PORT</c> answers, <c>datapath ping
/// ADDRESS PORT SECONDS</c> asks and prints round trips per second.</summary>
internal static class PingPong
{
    public static int Serve(int port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, port));
        listener.Listen();
        var one = new byte[1];
        while (true)
        {
            using var client = listener.Accept();
            client.NoDelay = true;
            while (client.Receive(one) == 1)
                client.Send(one);
        }
    }

    public static int Ask(IPEndPoint server, double seconds, TextWriter output)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server);
        var one = new byte[1];
        // The first thousand are compiled and warm.
        for (var i = 0; i < 1000; i++)
            Trip();
        var (start, trips) = (Stopwatch.GetTimestamp(), 0);
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            Trip();
            trips++;
        }
        output.WriteLine((trips / Stopwatch.GetElapsedTime(start).TotalSeconds).ToString(CultureInfo.InvariantCulture));
        return 0;

        void Trip()
        {
            if (socket.Send(one) != 1 || socket.Receive(one) != 1)
                throw new InvalidOperationException("the other end has closed the connection");
        }
    }
}
