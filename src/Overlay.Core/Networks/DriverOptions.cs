using System.Collections.Immutable;
using System.Globalization;
using Overlay.Core.Addressing;
using Overlay.Core.Fabric;

namespace Overlay.Core.Networks;

/// <summary>The -o options of each driver: their names, Docker's long names for them, and what their values may be.</summary>
public static class DriverOptions
{
    public const string BridgeName = "bridge.name";
    public const string EnableIcc = "bridge.enable_icc";
    public const string EnableIpMasquerade = "bridge.enable_ip_masquerade";
    public const string HostBindingIpv4 = "bridge.host_binding_ipv4";
    public const string InterfacePrefix = "container_iface_prefix";
    public const string Mtu = "mtu";
    public const string Vni = "vni";
    public const string Encrypted = "encrypted";

    /// <summary>The host's link that a macvlan or ipvlan network is on; eth0.20 is VLAN 20 of eth0.</summary>
    public const string Parent = "parent";
    public const string MacvlanMode = "macvlan_mode";
    public const string IpvlanMode = "ipvlan_mode";
    public const string IpvlanFlag = "ipvlan_flag";

    /// <summary>Which physical network a parent leads to; by default its name.</summary>
    public const string Segment = "segment";

    /// <summary>Seconds that clients may keep a name of the network; every driver whose names are answered has it.</summary>
    public const string DnsTtl = "dns.ttl";

    /// <summary>What IPv6 needs of every link (RFC 8200, 5).</summary>
    public const int MinimumMtuIpv6 = 1280;
    private const int MinimumMtu = 68;
    private const int MaximumMtu = 65535;
    private const int MaximumTtl = 86400;

    private static readonly ImmutableDictionary<string, string> Synonyms = new Dictionary<string, string>
    {
        ["com.docker.network.bridge.name"] = BridgeName,
        ["com.docker.network.bridge.enable_icc"] = EnableIcc,
        ["com.docker.network.bridge.enable_ip_masquerade"] = EnableIpMasquerade,
        ["com.docker.network.bridge.host_binding_ipv4"] = HostBindingIpv4,
        ["com.docker.network.container_iface_prefix"] = InterfacePrefix,
        ["com.docker.network.driver.mtu"] = Mtu,
        ["com.docker.network.mtu"] = Mtu,
        ["com.docker.network.driver.overlay.vxlanid_list"] = Vni,
    }.ToImmutableDictionary();

    public static ImmutableArray<string> Of(string driver) => driver switch
    {
        Drivers.Bridge => [BridgeName, EnableIcc, EnableIpMasquerade, HostBindingIpv4, Mtu, InterfacePrefix, DnsTtl],
        Drivers.Overlay => [Vni, Mtu, Encrypted, DnsTtl],
        Drivers.Macvlan => [Parent, MacvlanMode, Segment, Mtu, InterfacePrefix, DnsTtl],
        Drivers.Ipvlan => [Parent, IpvlanMode, IpvlanFlag, Segment, Mtu, InterfacePrefix, DnsTtl],
        _ => [],
    };

    /// <summary>The same options under their short names, with values in one form.</summary>
    /// <exception cref="RefusalException">unknown-option, naming the known ones; invalid-argument; unsupported.</exception>
    public static ImmutableDictionary<string, string> Canonicalize(string driver, IEnumerable<KeyValuePair<string, string>> options)
    {
        var known = Of(driver);
        var canonical = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var (given, value) in options)
        {
            var name = Synonyms.GetValueOrDefault(given, given);
            if (!known.Contains(name))
            {
                throw new RefusalException(
                    ErrorCodes.UnknownOption,
                    $"driver {driver} has no option '{given}'{NearestName.Hint(given, known)}; it knows {string.Join(", ", known)}",
                    ("option", given), ("driver", driver), ("known", string.Join(",", known)));
            }
            if (canonical.ContainsKey(name))
                throw Invalid(name, value, "is given twice (Docker's long name counts too); give it once");
            canonical[name] = Require(name, value);
        }
        if (driver is Drivers.Macvlan or Drivers.Ipvlan)
            Complete(driver, canonical);
        return canonical.ToImmutable();
    }

    /// <summary>The link and the VLAN id that a parent's name means; null: it is a link itself.</summary>
    public static (string Link, int Id)? VlanOf(string parent) =>
        parent.LastIndexOf('.') is var dot and > 0
        && int.TryParse(parent.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is >= 1 and <= 4094
            ? (parent[..dot], id)
            : null;

    private static void Complete(string driver, ImmutableDictionary<string, string>.Builder options)
    {
        if (!options.TryGetValue(Parent, out var parent))
        {
            throw new RefusalException(
                ErrorCodes.InvalidArgument,
                $"a network of driver {driver} needs the host's link that it is on: -o parent=eth0, or -o parent=eth0.20 for VLAN 20 of eth0",
                ("option", Parent), ("driver", driver));
        }
        options.TryAdd(Segment, parent);
        if (driver == Drivers.Macvlan)
        {
            options.TryAdd(MacvlanMode, "bridge");
            return;
        }
        options.TryAdd(IpvlanMode, "l2");
        options.TryAdd(IpvlanFlag, "bridge");
    }

    private static string Require(string name, string value) => name switch
    {
        Mtu => Number(name, value, MinimumMtu, MaximumMtu),
        Vni => Number(name, value, 1, VniPool.Last),
        DnsTtl => Number(name, value, 0, MaximumTtl),
        EnableIcc or EnableIpMasquerade => Boolean(name, value),
        Encrypted => Boolean(name, value) == "false" ? "false" : throw new RefusalException(
            ErrorCodes.Unsupported, "encrypted overlay networks are not in this version; leave -o encrypted out", ("option", name)),
        HostBindingIpv4 => Address.TryParse(value, out var address) && address.IsV4
            ? address.ToString()
            : throw Invalid(name, value, "is no IPv4 address; give one of the host's, or 0.0.0.0"),
        BridgeName or Parent => LinkName(name, value, 15),
        MacvlanMode => OneOf(name, value, "bridge", "private", "vepa", "passthru"),
        IpvlanMode => OneOf(name, value, "l2", "l3", "l3s"),
        IpvlanFlag => OneOf(name, value, "bridge", "private", "vepa"),
        Segment => ObjectName.Require("segment", value),
        // eth0 to eth999: three digits must fit behind it.
        InterfacePrefix => LinkName(name, value, 12),
        _ => value,
    };

    private static string Number(string name, string value, int from, int to) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw Invalid(name, value, $"is not a number from {from} to {to}");

    private static string OneOf(string name, string value, params string[] words) =>
        words.Contains(value) ? value : throw Invalid(name, value, $"is none of {string.Join(", ", words)}");

    // An option without a value ("-o encrypted") means yes, as in Docker.
    private static string Boolean(string name, string value) => value.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "" => "true",
        "false" or "0" or "no" => "false",
        _ => throw Invalid(name, value, "is neither true nor false"),
    };

    private static string LinkName(string name, string value, int length) =>
        value.Length > 0 && value.Length <= length && value is not ("." or "..")
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? value
            : throw Invalid(name, value, $"cannot name a link; use up to {length} of a-z A-Z 0-9 - _ .");

    private static RefusalException Invalid(string name, string value, string why) =>
        new(ErrorCodes.InvalidArgument, $"option {name}={value}: the value {why}", ("option", name), ("value", value));
}
