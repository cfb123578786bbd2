namespace Overlay.Linux.Tests.Matrix;

/// <summary>What is tried for each cell of a row.</summary>
internal sealed class MatrixCells(MatrixWorld world, IReadOnlyDictionary<string, char> expected)
{
    private static readonly string[] Loopback = ["port v4lo", "port v6lo"];

    public IEnumerable<Probe> All() => world.Addresses.Versions.SelectMany(Of).Where(p => expected[p.Column] != '.');

    private IEnumerable<Probe> Of(bool v4) =>
    [
        .. Between("same", "a2", "h1", v4), .. Between("far", "b", "h2", v4),
        .. Everything("apart own", "a", "c", v4), .. Everything("apart alien", "a", "d", v4),
        Ping("host to", "a", "h1", v4), Transport("host to", "a", "h1", v4, tcp: true),
        .. Everything("host by", "h1", "a", v4), .. Everything("host from", "h2", "a", v4),
        .. Everything("outside out", "a", "x", v4), .. Everything("outside in", "x", "a", v4),
        Seen("outside nat", v4, tcp: true), Seen("outside nat", v4, tcp: false),
        .. Published("port open", "x", "a2", "h1", v4), .. Published("port open", "h2", "a2", "h1", v4),
        .. Published("port hair", "a2", "a2", "h1", v4), .. Published(Loopback[v4 ? 0 : 1], "h1", "a2", null, v4),
    ];

    private IEnumerable<Probe> Between(string group, string to, string host, bool v4) =>
    [
        Ping($"{group} ping", "a", to, v4), Transport($"{group} tcp", "a", to, v4, tcp: true), Transport($"{group} udp", "a", to, v4, tcp: false),
        .. IsThere(to) ? [Name($"{group} na", to, v4)] : Array.Empty<Probe>(),
        .. Published($"{group} po", "a", to, host, v4),
    ];

    private Probe[] Everything(string column, string from, string to, bool v4) =>
        IsThere(from) ? [Ping(column, from, to, v4), Transport(column, from, to, v4, tcp: true), Transport(column, from, to, v4, tcp: false)] : [];

    private Probe Ping(string column, string from, string to, bool v4) => new PingProbe
    {
        Column = column,
        Label = Label(column, from, to, v4, "ping"),
        From = world.Space(from),
        To = world.AddressOf(to, v4),
        Expected = Expects(column),
        FullSize = world.Driver.Mtu,
        IsLargest = from == "a" && world.Driver.HasNetwork,
    };

    private TransportProbe Transport(string column, string from, string to, bool v4, bool tcp) => new()
    {
        Column = column,
        Label = Label(column, from, to, v4, tcp ? "TCP" : "UDP"),
        From = world.Space(from),
        To = world.AddressOf(to, v4),
        Expected = Expects(column),
        Target = TargetOf(column, to),
        Tcp = tcp,
        Who = world.Driver.Driver == "host" && to is "a" or "a2" or "b" && world.Driver.Driver == "host" ? to == "b" ? "h2" : "h1" : to,
    };

    private TransportProbe Seen(string column, bool v4, bool tcp) => new()
    {
        Column = column,
        Label = Label(column, "a", "x", v4, $"{(tcp ? "TCP" : "UDP")} seen as h1"),
        From = world.Space("a"),
        To = world.AddressOf("x", v4),
        Expected = Expects(column),
        Tcp = tcp,
        Who = "x",
        SeenAs = world.AddressOf("h1", v4),
    };

    private NameProbe Name(string column, string who, bool v4) => new()
    {
        Column = column,
        Label = Label(column, "a", who, v4, "name"),
        From = world.Space("a"),
        To = world.AddressOf(who, v4),
        Expected = Expects(column),
        Name = world.Name(who),
    };

    /// <param name="host">Null: at the loopback address.</param>
    private Probe[] Published(string column, string from, string who, string? host, bool v4)
    {
        if (!IsThere(from))
            return [];
        return [.. new[] { true, false }.Select(tcp => new TransportProbe
        {
            Column = column,
            Label = Label(column, from, host ?? "loopback", v4, $"{(tcp ? "TCP" : "UDP")} to the port of {who}"),
            From = world.Space(from),
            To = host is not null ? world.AddressOf(host, v4) : Core.Addressing.Address.Parse(v4 ? "127.0.0.1" : "::1"),
            Expected = Expects(column),
            Target = TargetOf(column, who),
            Tcp = tcp,
            Who = who,
            Port = MatrixWorld.PublishedPort,
        })];
    }

    private Responder? TargetOf(string column, string who) => MatrixTable.OneWay.Contains(expected[column]) ? null : world.Responder(who);

    private bool IsThere(string who) => !(world.Driver.IsPassthru && who is "a2" or "c" && world.Driver.IsPassthru);

    private bool Expects(string column) => expected[column] == '+';

    private static string Label(string column, string from, string to, bool v4, string what) => $"{column} ({(v4 ? "v4" : "v6")}: {from} → {to}, {what})";
}
