using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

internal static class RouteEncoder
{
    private const ushort Change = MessageFlags.Request | MessageFlags.Ack;

    public static void Set(ref NetlinkWriter writer, uint sequence, SetRoute route, LinkIndexes indexes)
    {
        var header = Header(route.Destination, route.Table, route.Kind);
        header.Protocol = route.Protocol;
        header.Scope = (byte)(route.Scope ?? DefaultScope(route));
        writer.BeginMessage(MessageType.NewRoute, Change | MessageFlags.Create | MessageFlags.Replace, sequence, header);
        Attributes(ref writer, route.Destination, route.Table, route.Via, route.Metric, route.Link is null ? 0 : indexes[route.Link]);
        if (route.PreferredSource is { } source)
            writer.Address(RouteAttribute.PreferredSource, source);
        writer.EndMessage();
    }

    public static void Remove(ref NetlinkWriter writer, uint sequence, RemoveRoute route, LinkIndexes indexes)
    {
        var header = Header(route.Destination, route.Table, route.Kind);
        header.Scope = RouteConstant.ScopeNowhere;
        writer.BeginMessage(MessageType.DelRoute, Change, sequence, header);
        Attributes(ref writer, route.Destination, route.Table, route.Via, route.Metric, route.Link is null ? 0 : indexes[route.Link]);
        writer.EndMessage();
    }

    private static AddressScope DefaultScope(SetRoute route) =>
        route.Kind == RouteKind.Unicast && route.Via is null && route.Destination.IsV4 ? AddressScope.Link : AddressScope.Global;

    private static RouteHeader Header(Prefix destination, int table, RouteKind kind) => new()
    {
        Family = destination.IsV4 ? Family.V4 : Family.V6,
        DestinationLength = (byte)destination.Length,
        // The byte holds tables to 255 only; RTA_TABLE is always there and wins.
        Table = table < 256 ? (byte)table : (byte)0,
        Type = (byte)kind,
    };

    private static void Attributes(ref NetlinkWriter writer, Prefix destination, int table, Address? via, int? metric, int link)
    {
        if (destination.Length > 0)
            writer.Address(RouteAttribute.Destination, destination.Base);
        writer.Int32(RouteAttribute.Table, table);
        if (via is { } gateway)
            writer.Address(RouteAttribute.Gateway, gateway);
        if (link != 0)
            writer.Int32(RouteAttribute.OutLink, link);
        if (metric is { } priority)
            writer.Int32(RouteAttribute.Priority, priority);
    }
}
