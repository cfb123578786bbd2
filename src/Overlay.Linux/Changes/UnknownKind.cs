namespace Overlay.Linux;

/// <summary>What is missing when the kernel does not know a kind of link: 'Operation not supported' says it to nobody.</summary>
public static class UnknownKind
{
    private const int EOPNOTSUPP = 95;

    // The kernel's own words since 4.20; a kind that is known and refuses has others.
    private const string NoSuchKind = "Unknown device type";

    /// <param name="detail">What the kernel itself said.</param>
    public static string? Explain(KernelChange change, int errno, string? detail) =>
        errno != EOPNOTSUPP || detail is not (null or NoSuchKind)
            ? null
            : change switch
            {
                AddIpvlan => "this kernel has no ipvlan (CONFIG_IPVLAN); load module ipvlan, or use driver macvlan",
                AddMacvlan => "this kernel has no macvlan (CONFIG_MACVLAN); load module macvlan, or use driver ipvlan",
                AddVlan => "this kernel has no VLAN links (CONFIG_VLAN_8021Q); load module 8021q, or use a parent without a VLAN id",
                AddVxlan => "this kernel has no VXLAN (CONFIG_VXLAN); load module vxlan",
                _ => null,
            };
}
