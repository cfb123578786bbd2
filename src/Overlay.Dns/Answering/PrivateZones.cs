using Overlay.Core.Addressing;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Answering;

/// <summary>Reverse zones of addresses that mean nothing outside: never forwarded (RFC 6303, RFC 7793).</summary>
internal static class PrivateZones
{
    private static readonly Prefix[] Zones =
    [
        .. new[]
        {
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10",
            "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "255.255.255.255/32",
            "::/128", "::1/128", "fd00::/8", "fe80::/10", "2001:db8::/32",
        }.Select(Prefix.Parse),
    ];

    /// <summary>Tells whether the name lies in such a zone, and how many labels in front of the suffix the zone's apex has.</summary>
    public static bool Contains(ReverseName name, out int apexLabels)
    {
        apexLabels = 0;
        foreach (var zone in Zones)
        {
            if (zone.Length > name.KnownBits || !zone.Contains(name.Address))
                continue;
            var bitsPerLabel = zone.IsV4 ? 8 : 4;
            apexLabels = (zone.Length + bitsPerLabel - 1) / bitsPerLabel;
            return true;
        }
        return false;
    }
}
