using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>
/// Adds or replaces the route to <see cref="Destination"/>: the one with the same table and metric. The kernel's own
/// route for an address has metric 0 in IPv4 and 256 in IPv6, so replacing that one takes <c>Metric = 256</c> in IPv6.
/// </summary>
public sealed record SetRoute(Prefix Destination) : KernelChange
{
    /// <summary>Name of the link; null only where the kind needs none, or <see cref="Via"/> tells it.</summary>
    public string? Link { get; init; }

    public Address? Via { get; init; }

    public Address? PreferredSource { get; init; }

    /// <summary>Null: link for a route without gateway, else global (as iproute2 chooses).</summary>
    public AddressScope? Scope { get; init; }

    public int Table { get; init; } = Route.MainTable;

    public int? Metric { get; init; }

    public RouteKind Kind { get; init; } = RouteKind.Unicast;

    /// <summary>rtm_protocol; 4 is 'static', 3 what iproute2 writes.</summary>
    public byte Protocol { get; init; } = 4;

    public override string ToString() => "setting " + RouteText.Of(Destination, Link, Via, PreferredSource, Table);
}

/// <summary>Removes the first route that matches what is given. ESRCH when there is none.</summary>
public sealed record RemoveRoute(Prefix Destination) : KernelChange
{
    public string? Link { get; init; }

    public Address? Via { get; init; }

    public int Table { get; init; } = Route.MainTable;

    public int? Metric { get; init; }

    public RouteKind Kind { get; init; } = RouteKind.Unicast;

    public override string ToString() => "removing " + RouteText.Of(Destination, Link, Via, null, Table);
}

internal static class RouteText
{
    public static string Of(Prefix destination, string? link, Address? via, Address? source, int table)
    {
        var text = new StringBuilder("route ").Append(destination);
        if (via is { } gateway)
            text.Append(" via ").Append(gateway);
        if (link is not null)
            text.Append(" on ").Append(link);
        if (source is { } preferred)
            text.Append(" from ").Append(preferred);
        if (table != Route.MainTable)
            text.Append(" in table ").Append(table);
        return text.ToString();
    }
}
