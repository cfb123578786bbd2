using System.ComponentModel;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Overlay.Agent.Supervision;

namespace Overlay.Node.Supervision;

/// <summary>
/// The process that watches over this one, in systemd's protocol: it is told when we are ready and when we stop, and
/// it keeps sockets for our next life. Without one, all of this does nothing. A supervisor that cannot be reached
/// costs a log line: losing the store must not stop the names.
/// </summary>
internal sealed partial class Supervisor : ISocketStore, IDisposable
{
    private readonly ILogger<Supervisor> _logger;
    private readonly NotifySocket? _notify;
    private Dictionary<string, SafeSocketHandle> _inherited;

    public Supervisor(ILogger<Supervisor> logger, NotifySocket? notify, Dictionary<string, SafeSocketHandle> inherited)
    {
        _logger = logger;
        _notify = notify;
        _inherited = inherited;
    }

    public void Ready() => Send("READY=1");

    public void Stopping() => Send("STOPPING=1");

    public void Status(string text) => Send("STATUS=" + text.ReplaceLineEndings(" "));

    public IReadOnlyDictionary<string, SafeSocketHandle> TakeOver() => Interlocked.Exchange(ref _inherited, []);

    // FDPOLL=0: systemd would drop a socket whose poll reports an error, and an ICMP error on UDP is one.
    public void Put(string name, SafeSocketHandle socket) => Send($"FDSTORE=1\nFDNAME={Checked(name)}\nFDPOLL=0", socket);

    public void Remove(string name) => Send($"FDSTOREREMOVE=1\nFDNAME={Checked(name)}");

    public void Dispose()
    {
        foreach (var socket in TakeOver().Values)
            socket.Dispose();
        _notify?.Dispose();
    }

    private void Send(string message, SafeSocketHandle? socket = null)
    {
        try
        {
            if (socket is null)
                _notify?.Send(message);
            else
                _notify?.Send(message, socket);
        }
        catch (Exception error) when (error is SocketException or Win32Exception)
        {
            Unheard(message.Split('\n')[0], error.Message);
        }
    }

    private static string Checked(string name) =>
        name.Length is > 0 and <= 255 && name.All(c => c is > ' ' and < '\x7f' and not ':')
            ? name
            : throw new ArgumentException($"'{name}' cannot name a stored socket: 1 to 255 printable ASCII characters except ':'", nameof(name));

    [LoggerMessage(Level = LogLevel.Warning, Message = "the supervisor did not take {Message}: {Reason}")]
    private partial void Unheard(string message, string reason);
}
