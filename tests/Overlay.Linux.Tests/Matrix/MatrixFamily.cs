using Overlay.Core.Addressing;

namespace Overlay.Linux.Tests.Matrix;

/// <summary>The address families of one world of the matrix.</summary>
public enum MatrixFamily
{
    V4,
    V6,
    Dual,
}

/// <summary>Where everything is in a world: the underlay's addresses are <see cref="Agent.TwoHosts"/>'s.</summary>
internal sealed record MatrixAddresses(MatrixFamily Family, MatrixDriver Driver)
{
    public bool[] Versions { get; } = Family switch { MatrixFamily.V4 => [true], MatrixFamily.V6 => [false], _ => [true, false] };

    public string[] First => Driver.OnVlan ? Of("203.0.113.0/24", "fd97::/64") : Driver.HasParent ? Of("192.0.2.0/24", "fd99::/64") : Of("10.50.0.0/24", "fd50::/64");

    /// <summary>The second network of the driver.</summary>
    public string[] Second => Driver.HasParent ? Of("198.51.100.0/24", "fd98::/64") : Of("10.51.0.0/24", "fd51::/64");

    /// <summary>The network of another driver.</summary>
    public string[] Alien => Of("10.52.0.0/24", "fd52::/64");

    /// <summary>On the physical network the router is the outside; elsewhere the gateway is the host.</summary>
    public int Gateway => Driver.HasParent ? 9 : 1;

    public static Address In(string[] subnets, bool v4, int number) =>
        subnets.Select(s => Prefix.Parse(s)).Single(p => p.IsV4 == v4).Base.Next((UInt128)number);

    public static Address Underlay(bool v4, int number) => Address.Parse(v4 ? $"192.0.2.{number}" : $"fd99::{number}");

    private string[] Of(string v4, string v6) => Family switch { MatrixFamily.V4 => [v4], MatrixFamily.V6 => [v6], _ => [v4, v6] };
}
