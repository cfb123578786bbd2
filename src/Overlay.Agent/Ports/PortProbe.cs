using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Core.Ports;
using Overlay.Linux;

namespace Overlay.Agent.Ports;

/// <summary>Looks at the host before ports are published: what a program has is refused before anything is made.</summary>
internal static class PortProbe
{
    /// <inheritdoc cref="IHostGrain.ProbePorts"/>
    public static ImmutableArray<BusyPort> Probe(INetNamespace host, string name, ImmutableArray<PortRequest> requests, bool v4, bool v6)
    {
        foreach (var port in requests.Where(r => r.HostAddress is not null || r is { HostPort: not null, HostPortLast: null }))
        {
            // Any port, where only the address is fixed.
            var number = port.HostPortLast is null ? port.HostPort ?? 0 : 0;
            if (PortGuard.Look(host, port.Protocol, port.HostAddress, number, v4, v6) is not { } problem)
                continue;
            throw new RefusalException(
                problem.Code, $"on host {name}: {problem.Message}",
                [("host", name), ("port", $"{port.HostPort}/{port.Protocol}"), .. problem.Holder is { } holder ? [("holder", holder)] : Array.Empty<(string, string)>()]);
        }
        var open = requests.Where(r => r.HostPort is null || r.HostPortLast is not null).Select(RangeOf).Distinct().ToArray();
        return open.Length == 0 ? [] : Busy(host, open);
    }

    // Whatever the address and state: one of so many is not worth the risk.
    private static ImmutableArray<BusyPort> Busy(INetNamespace host, (string Protocol, int First, int Last)[] open) =>
    [
        .. host.DumpSockets()
            .Select(s => new BusyPort(s.IsUdp ? "udp" : "tcp", s.Port))
            .Where(p => open.Any(o => o.Protocol == p.Protocol && o.First <= p.Port && p.Port <= o.Last))
            .Distinct(),
    ];

    private static (string Protocol, int First, int Last) RangeOf(PortRequest request) =>
        (request.Protocol, request.HostPort ?? HostPorts.FirstChosen, request.HostPortLast ?? HostPorts.LastChosen);
}
