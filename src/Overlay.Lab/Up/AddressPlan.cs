using System.Net;

namespace Overlay.Lab.Up;

/// <summary>
/// Who has which address. A lab takes one number N (0 to 255): 10.231.N.0/24 is its underlay, 10.232.N.0/30 the
/// link to the real machine, and a random ULA /64 the underlay's IPv6.
/// </summary>
internal static class AddressPlan
{
    public const int Segments = 256;
    public const int MaxHosts = 200;
    public const int SiloPort = 11111;
    public const int GatewayPort = 30000;
    public const int RedisPort = 6379;
    public const int VxlanPort = 4789;

    private const int RedisNumber = 252;
    private const int OutsideNumber = 253;
    private const int SwitchNumber = 254;

    public static IPNetwork Underlay(int segment) => new(new IPAddress([10, 231, (byte)segment, 0]), 24);

    public static IPNetwork Management(int segment) => new(new IPAddress([10, 232, (byte)segment, 0]), 30);

    public static string MachineAddress(int segment) => $"10.232.{segment}.1";

    public static string SwitchManagementAddress(int segment) => $"10.232.{segment}.2";

    /// <param name="random">Five random bytes: RFC 4193's global id.</param>
    public static string Ula(ReadOnlySpan<byte> random) =>
        $"fd{random[0]:x2}:{random[1]:x2}{random[2]:x2}:{random[3]:x2}{random[4]:x2}:1";

    public static IReadOnlyList<LabMember> Members(int segment, string ula, int hosts) =>
    [
        Member("switch", MemberKind.Switch, segment, ula, SwitchNumber),
        Member("redis", MemberKind.Redis, segment, ula, RedisNumber),
        Member("outside", MemberKind.Outside, segment, ula, OutsideNumber),
        .. Enumerable.Range(1, hosts).Select(n => Member($"h{n}", MemberKind.Host, segment, ula, n)),
    ];

    /// <summary>The first number whose subnets touch nothing that is in use.</summary>
    /// <param name="routes">Destinations of the machine's IPv4 routes; a default route does not count.</param>
    public static int? FreeSegment(IReadOnlyCollection<int> taken, IReadOnlyCollection<IPNetwork> routes) =>
        Enumerable.Range(0, Segments)
            .Where(n => !taken.Contains(n) && !routes.Any(r => Overlap(r, Underlay(n)) || Overlap(r, Management(n))))
            .Select(n => (int?)n)
            .FirstOrDefault();

    private static bool Overlap(IPNetwork a, IPNetwork b) => a.Contains(b.BaseAddress) || b.Contains(a.BaseAddress);

    private static LabMember Member(string name, MemberKind kind, int segment, string ula, int number) =>
        new(name, kind, $"10.231.{segment}.{number}", $"{ula}::{number:x}", null);
}
