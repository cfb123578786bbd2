using System.Text;

namespace Overlay.Linux;

/// <summary>Finds before sending what the kernel would cut off or explain badly.</summary>
public static class ChangeCheck
{
    private const int LongestName = 15, LongestAlias = 255;

    /// <summary>Null when the change can be sent, else why not.</summary>
    public static string? Refusal(KernelChange change) => change switch
    {
        // veth_newlink looks at the peer's index only when the link itself was given one.
        AddVeth { PeerIndex: not null, Index: null } => "a peer's index needs an index for the link as well",
        AddVeth veth => Name(veth.Name) ?? Name(veth.PeerName) ?? Alias(veth.Alias),
        AddVxlan { Port: < 1 or > 65535 } vxlan => $"{vxlan.Port} is no UDP port",
        AddVxlan { Vni: > 0xffffff } vxlan => $"VNI {vxlan.Vni} has more than 24 bits",
        AddSubLink { Space: not null } link when link.Alias is not null || link.Master is not null => "a link made elsewhere gets its alias and master there",
        AddVlan { Id: < 1 or > 4094 } vlan => $"{vlan.Id} is no VLAN id: 1 to 4094",
        AddLink link => Name(link.Name) ?? Alias(link.Alias),
        SetLink link => Name(link.Name) ?? (link.Rename is null ? null : Name(link.Rename)) ?? Alias(link.Alias),
        // Group 0 is where every link starts: deleting it would take the machine's uplinks along.
        DeleteLinkGroup { Group: 0 } => "group 0 holds every link that is in no other group",
        SetRoute { Via: { } via } route when via.IsV4 != route.Destination.IsV4 => $"{via} is of the other address family",
        _ => null,
    };

    private static string? Name(string name) =>
        name.Length is >= 1 and <= LongestName && name is not ("." or "..") && !name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || c > 126)
            ? null
            : $"'{name}' is no link name: 1 to {LongestName} characters without slash, colon or space";

    private static string? Alias(string? alias) =>
        alias is null || Encoding.UTF8.GetByteCount(alias) <= LongestAlias ? null : $"an alias has at most {LongestAlias} bytes";
}
