using System.Globalization;
using Overlay.Agent.Desired;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Ports;

/// <summary>
/// A tracked connection keeps the way that its first packet found: without this, a UDP flow that never pauses would go
/// on to a port that is not published any more, to the address that a sandbox had before, or, begun before its port was
/// published, to nowhere.
/// </summary>
internal static class StaleConnections
{
    private const byte Udp = 17;

    /// <summary>Returns how many it deleted.</summary>
    public static int Delete(INetNamespace host, FilterElements before, FilterElements now)
    {
        var filters = new List<ConnectionFilter>();
        foreach (var set in HostRuleset.PortSets)
        {
            filters.AddRange(Except(before[set], now[set]).Select(e => Through(e.Key, e.Value)));
            var added = Except(now[set], before[set]).Select(e => PortOf(e.Key)).Where(p => p.Protocol == Udp).ToList();
            if (added.Count > 0)
                filters.AddRange(from port in added from address in port.At is { } at ? [at] : AddressesOf(host, set) select ToHost(port.Port, address));
        }
        return filters.Count == 0 ? 0 : host.DeleteConnections(filters);
    }

    /// <summary>Those of addresses that nobody here holds any more: the next holder would inherit them. Returns how many it deleted.</summary>
    public static int DeleteOf(INetNamespace host, IReadOnlyCollection<Address> gone) => gone.Count == 0
        ? 0
        : host.DeleteConnections([.. gone.SelectMany(a => new ConnectionFilter[] { new() { OriginalSource = a }, new() { ReplySource = a } })]);

    private static IEnumerable<KeyValuePair<string, string>> Except(IReadOnlyDictionary<string, string> these, IReadOnlyDictionary<string, string> those) =>
        these.Where(e => !(those.TryGetValue(e.Key, out var value) && value == e.Value));

    // "6 . 192.0.2.1 . 8080" or "6 . 8080" leads to "10.1.0.3 . 80".
    private static ConnectionFilter Through(string key, string value)
    {
        var (protocol, at, port) = PortOf(key);
        var target = value.Split(" . ");
        return new()
        {
            Protocol = protocol,
            OriginalDestination = at,
            OriginalDestinationPort = port,
            ReplySource = Address.Parse(target[0]),
            ReplySourcePort = Number(target[1]),
        };
    }

    // Answered, if ever, by the host itself.
    private static ConnectionFilter ToHost(int port, Address address) =>
        new() { Protocol = Udp, OriginalDestination = address, OriginalDestinationPort = port, ReplySource = address };

    private static (byte Protocol, Address? At, int Port) PortOf(string key)
    {
        var parts = key.Split(" . ");
        return ((byte)Number(parts[0]), parts.Length > 2 ? Address.Parse(parts[1]) : null, Number(parts[^1]));
    }

    private static IEnumerable<Address> AddressesOf(INetNamespace host, string set) =>
        host.DumpAddresses().Select(a => a.Address).Where(a => a.IsV4 == (set == HostRuleset.PortsAny4)).Distinct();

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
