using System.Net.Sockets;
using Overlay.Core;

namespace Overlay.Lab.Up;

/// <summary>Asks overlayd itself: GET /ready on its local socket, reached through its host's root directory.</summary>
internal static class Readiness
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private const int LogLines = 12;

    public static async Task WaitAsync(LabState lab, LabPaths paths, TimeSpan deadline, TimeProvider time, IProgress<string>? progress, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        await Task.WhenAll(lab.Hosts.Select(async host =>
        {
            while (!await IsReadyAsync(host, cancel))
            {
                if (time.GetElapsedTime(started) > deadline)
                {
                    throw NotReady(lab, paths, host, deadline, progress);
                }
                await Task.Delay(Interval, time, cancel);
            }
            progress?.Report($"{host.Name} is ready ({time.GetElapsedTime(started).TotalSeconds:0.0} s)");
        }));
    }

    public static async Task<bool> IsReadyAsync(LabMember host, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint($"/proc/{host.Holder!.Pid}/root/run/overlay/agent.sock"), token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var reply = await client.GetAsync(new Uri("http://agent/ready"), cancel);
            return reply.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private static RefusalException NotReady(LabState lab, LabPaths paths, LabMember host, TimeSpan deadline, IProgress<string>? progress)
    {
        var log = File.Exists(paths.Log(host.Name)) ? File.ReadLines(paths.Log(host.Name)).TakeLast(LogLines).ToArray() : [];
        progress?.Report(log.Length == 0 ? $"{host.Name} logged nothing" : $"the end of {host.Name}'s log:\n  {string.Join("\n  ", log)}");
        return new RefusalException(
            ErrorCodes.Deadline,
            $"{host.Name} of lab {lab.Name} was not ready within {deadline.TotalSeconds:0} s; 'overlay lab logs {host.Name} --name {lab.Name}' says more, 'overlay lab down --name {lab.Name}' undoes",
            ("lab", lab.Name), ("host", host.Name), ("log", string.Join('\n', log)));
    }
}
