using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

internal static class RouteDecoder
{
    private static readonly Address AnyV4 = Address.V4(0), AnyV6 = new(0);

    /// <summary>Null for cached, local, broadcast and multicast routes: they follow from addresses.</summary>
    public static Route? Decode(ReadOnlySpan<byte> payload)
    {
        if (!AttributeReader.TryOpen<RouteHeader>(payload, out var header, out var attributes))
            return null;
        if (header.Family is not (Family.V4 or Family.V6) || (header.Flags & RouteConstant.Cloned) != 0
            || !Enum.IsDefined((RouteKind)header.Type))
        {
            return null;
        }
        var destination = header.Family == Family.V4 ? AnyV4 : AnyV6;
        var route = new Route
        {
            Destination = new Prefix(destination, header.DestinationLength),
            Kind = (RouteKind)header.Type,
            Table = header.Table,
            Scope = (AddressScope)header.Scope,
            Protocol = header.Protocol,
        };
        while (attributes.Next())
        {
            route = attributes.Type switch
            {
                RouteAttribute.Destination when attributes.Address is { } to =>
                    route with { Destination = new Prefix(to, header.DestinationLength) },
                RouteAttribute.OutLink => route with { LinkIndex = attributes.Int32 },
                RouteAttribute.Gateway => route with { Via = attributes.Address },
                RouteAttribute.PreferredSource => route with { PreferredSource = attributes.Address },
                RouteAttribute.Priority => route with { Metric = (int)Math.Min(attributes.UInt32, int.MaxValue) },
                RouteAttribute.Table => route with { Table = attributes.Int32 },
                _ => route,
            };
        }
        return route.Table == RouteConstant.LocalTable ? null : route;
    }
}
