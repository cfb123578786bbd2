using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Tests.Dns;

namespace Overlay.Linux.Tests.Dns;

/// <summary>unbound with the names of <see cref="Names"/> as local data, on a free port of the loopback.</summary>
internal sealed class UnboundServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-unbound-").FullName;
    private readonly Process _process;

    public UnboundServer()
    {
        var (udp, tcp) = LoopbackPorts.Bind();
        Address = (IPEndPoint)udp.LocalEndPoint!;
        udp.Dispose();
        tcp.Dispose();
        File.WriteAllText(Path.Combine(_directory, "unbound.conf"), Configuration());
        _process = Process.Start(new ProcessStartInfo("unbound", ["-d", "-c", Path.Combine(_directory, "unbound.conf")]) { RedirectStandardError = true })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        AwaitAnswer();
    }

    public IPEndPoint Address { get; }

    public IReadOnlyList<EndpointNames> Names { get; } =
    [
        Endpoint(1, "web1 web", "10.1.0.1", "fd00:1::1"),
        Endpoint(2, "web2 web", "10.1.0.2"),
        Endpoint(3, "four", "10.1.0.3"),
        .. Enumerable.Range(1, 60).Select(i => Endpoint(10 + i, $"many{i} many", $"10.1.1.{i}")),
    ];

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static EndpointNames Endpoint(int id, string names, params string[] addresses) =>
        new(new ObjectId((UInt128)id), "h1", [.. names.Split(' ')], [.. addresses.Select(Core.Addressing.Address.Parse)]);

    private string Configuration()
    {
        var lines = new List<string>();
        foreach (var name in Names.SelectMany(e => e.Names).Distinct())
        {
            Zone(name);
            Zone(name + ".shop");
            foreach (var address in Names.Where(e => e.Names.Contains(name)).SelectMany(e => e.Addresses))
            {
                var data = $"5 IN {(address.IsV4 ? "A" : "AAAA")} {address}";
                lines.Add($"local-data: \"{name}. {data}\"");
                lines.Add($"local-data: \"{name}.shop. {data}\"");
            }
        }
        foreach (var endpoint in Names)
        {
            foreach (var address in endpoint.Addresses)
                lines.Add($"local-data-ptr: \"{address} 5 {endpoint.Names[0]}.shop.\"");
        }
        foreach (var target in new[] { "web1", "web2" })
            lines.Add($"local-data: \"_80._tcp.web. 5 IN SRV 0 1 80 {target}.shop.\"");
        return $"""
            server:
              num-threads: 1
              interface: 127.0.0.1
              port: {Address.Port.ToString(CultureInfo.InvariantCulture)}
              do-daemonize: no
              username: ""
              chroot: ""
              directory: ""
              pidfile: ""
              use-syslog: no
              module-config: "iterator"
              max-udp-size: 4096
              access-control: 127.0.0.0/8 allow
              local-zone: "." static
              local-data: ". 5 IN SOA . nobody.invalid. 1 3600 1200 604800 5"
              local-zone: "10.in-addr.arpa." static
              local-data: "10.in-addr.arpa. 5 IN SOA 10.in-addr.arpa. nobody.invalid. 1 3600 1200 604800 5"
              local-zone: "d.f.ip6.arpa." static
              {string.Join("\n  ", lines)}
            """;

        void Zone(string name)
        {
            lines.Add($"local-zone: \"{name}.\" static");
            lines.Add($"local-data: \"{name}. 5 IN SOA {name}. nobody.invalid. 1 3600 1200 604800 5\"");
        }
    }

    private void AwaitAnswer()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 100 };
            try
            {
                socket.SendTo(Packets.Query("four"), Address);
                socket.Receive(new byte[512]);
                return;
            }
            catch (SocketException)
            {
                // Not there yet.
            }
        }
        throw new TimeoutException("unbound does not answer");
    }
}
