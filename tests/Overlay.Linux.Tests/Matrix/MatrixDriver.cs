namespace Overlay.Linux.Tests.Matrix;

/// <summary>How the networks of one row of the matrix are made.</summary>
/// <param name="Mtu">What its sandboxes' interfaces have on an underlay of 1500.</param>
internal sealed record MatrixDriver(string Row, string Driver, int Mtu, bool Internal, params (string Key, string Value)[] Options)
{
    private static readonly MatrixDriver[] OfThisKernel =
    [
        new("bridge", "bridge", 1500, false),
        new("bridge internal", "bridge", 1500, true),
        new("bridge icc off", "bridge", 1500, false, ("bridge.enable_icc", "false")),
        new("bridge masquerade off", "bridge", 1500, false, ("bridge.enable_ip_masquerade", "false")),
        new("overlay", "overlay", 1450, false),
        new("overlay internal", "overlay", 1450, true),
        new("overlay over ipv6", "overlay", 1430, false),
        Macvlan("macvlan bridge", "bridge", "eth0"),
        Macvlan("macvlan private", "private", "eth0"),
        Macvlan("macvlan vepa", "vepa", "eth0"),
        Macvlan("macvlan vepa reflected", "vepa", "eth0"),
        Macvlan("macvlan passthru", "passthru", "spare"),
        new("host", "host", 1500, false),
        new("none", "none", 1500, false),
    ];

    // Links that a small kernel lacks: these rows run in the virtual machine.
    private static readonly MatrixDriver[] OfTheVm =
    [
        Macvlan("macvlan vlan", "bridge", "eth0.20"),
        .. from mode in new[] { "l2", "l3", "l3s" }
           from flag in new[] { "bridge", "private", "vepa" }
           select new MatrixDriver($"ipvlan {mode} {flag}", "ipvlan", 1500, false, ("ipvlan_mode", mode), ("ipvlan_flag", flag), ("parent", "eth0")),
    ];

    public static IEnumerable<string> RowsOfThisKernel => OfThisKernel.Select(d => d.Row);

    public static IEnumerable<string> RowsOfTheVm => OfTheVm.Select(d => d.Row);

    public bool HasParent => Driver is "macvlan" or "ipvlan";

    public bool IsRouted => Options.Any(o => o is ("ipvlan_mode", "l3" or "l3s"));

    public bool IsPassthru => Options.Contains(("macvlan_mode", "passthru"));

    public bool HasNetwork => Driver is not ("host" or "none");

    public bool OnVlan => Options.Contains(("parent", "eth0.20"));

    public static MatrixDriver Of(string row) => OfThisKernel.Concat(OfTheVm).Single(d => d.Row == row);

    private static MatrixDriver Macvlan(string row, string mode, string parent) =>
        new(row, "macvlan", 1500, false, ("macvlan_mode", mode), ("parent", parent));
}
