using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>Tries everything for real in a namespace that ends with the trial.</summary>
internal static class FeatureProbe
{
    private static readonly (string Script, string Missing)[] Scripts =
    [
        ("table inet t { chain c { type filter hook forward priority 0; }; }",
            "nftables (CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET; package libnftables1)"),
        ("table inet t { chain n { type nat hook prerouting priority dstnat; tcp dport 1 dnat ip to 10.0.0.1:1; }; }",
            "nftables network address translation (CONFIG_NFT_NAT)"),
        ("table inet t { chain m { type nat hook postrouting priority srcnat; ct status dnat masquerade; }; }",
            "nftables masquerading and connection tracking (CONFIG_NFT_MASQ, CONFIG_NFT_CT)"),
        ("table inet t { chain r { type filter hook prerouting priority raw; udp dport 1 notrack; }; }",
            "nftables notrack (CONFIG_NFT_CT)"),
        ("table inet t { chain f { type nat hook output priority -100; fib daddr type local accept; }; }",
            "nftables routing look-ups (CONFIG_NFT_FIB_INET)"),
        ("table bridge t { chain b { type filter hook prerouting priority -300; }; }",
            "nftables on bridges (CONFIG_NF_TABLES_BRIDGE)"),
    ];

    public static KernelFeatures Run(Func<INetNamespace> make)
    {
        var missing = new List<string>();
        INetNamespace space;
        try
        {
            space = make();
        }
        catch (KernelException exception)
        {
            return new KernelFeatures([$"network namespaces (CONFIG_NET_NS): {exception.Message}"]);
        }
        using (space)
        {
            void Try(string feature, Action trial)
            {
                try
                {
                    trial();
                }
                catch (KernelException exception)
                {
                    missing.Add($"{feature}: {exception.Message}");
                }
            }

            void Link(string feature, AddLink link) => Try(feature, () => space.Apply([link]));

            Link("bridges (CONFIG_BRIDGE)", new AddBridge("bridge"));
            Link("VXLAN (CONFIG_VXLAN)", new AddVxlan("vxlan", 1, Address.V4(0x7f000001), 4789));
            Link("veth pairs (CONFIG_VETH)", new AddVeth("veth", "peer", space));
            foreach (var (script, feature) in Scripts)
                Try(feature, () => space.Nftables.Run(script));
            Try("connection tracking by netlink (CONFIG_NF_CT_NETLINK)", () => space.DeleteConnections(new ConnectionFilter()));
            Try("packet sockets (CONFIG_PACKET)", () => space.OpenSocket(17, 3, 0).Dispose());
        }
        return new KernelFeatures(missing);
    }
}
