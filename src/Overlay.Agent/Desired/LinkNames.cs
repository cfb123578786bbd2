using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.Desired;

/// <summary>Names of links in the host namespace: three letters for the kind, then the start of the object's id.</summary>
internal static class LinkNames
{
    public const string TunnelPrefix = "ovx";

    private const string EndpointPrefix = "ove";
    private const int SuffixLength = 11;

    public static string Bridge(NetworkRecord network) =>
        network.Options.TryGetValue(NetworkOptions.BridgeName, out var chosen) && chosen.Length > 0 ? chosen : "obr" + network.Id.LinkSuffix;

    public static string Tunnel(ObjectId network) => TunnelPrefix + network.LinkSuffix;

    public static string Endpoint(ObjectId endpoint) => EndpointPrefix + endpoint.LinkSuffix;

    /// <summary>It looks like a name that <see cref="Endpoint"/> gives.</summary>
    public static bool IsEndpoint(string link) =>
        link.Length == EndpointPrefix.Length + SuffixLength && link.StartsWith(EndpointPrefix, StringComparison.Ordinal) && link[EndpointPrefix.Length..].All(char.IsAsciiHexDigitLower);
}

/// <summary>Canonical option keys that the drivers here know.</summary>
internal static class NetworkOptions
{
    public const string BridgeName = "bridge.name";
    public const string EnableIcc = "bridge.enable_icc";
    public const string EnableMasquerade = "bridge.enable_ip_masquerade";
    public const string HostBinding = "bridge.host_binding_ipv4";
    public const string InterfacePrefix = "container_iface_prefix";
    public const string Mtu = "mtu";

    public static bool IsOn(NetworkRecord network, string option, bool otherwise) =>
        network.Options.TryGetValue(option, out var text) ? text is "true" or "1" or "True" or "yes" : otherwise;
}
