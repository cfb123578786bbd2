using System.Net;

namespace Overlay.Lab.Outside;

/// <summary>
/// What lies outside a lab: a DNS server and a web server that tells its client the address it came from. The
/// process <c>overlay lab outside ADDRESS ADDRESS6</c>.
/// </summary>
public static class OutsideWorld
{
    private const int HttpPort = 80;

    public static Task RunAsync(IPAddress address, IPAddress address6, CancellationToken cancel)
    {
        var zone = new OutsideZone(address, address6);
        return Task.WhenAll(new[] { address, address6 }.SelectMany(local => new[]
        {
            new OutsideDns(zone, local).RunAsync(cancel),
            SmallWeb.RunAsync(new IPEndPoint(local, HttpPort), "", cancel),
        }));
    }
}
