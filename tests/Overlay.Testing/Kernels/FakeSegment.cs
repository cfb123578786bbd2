using Overlay.Core.Addressing;

namespace Overlay.Testing.Kernels;

/// <summary>Whom a broadcast reaches: through veth pairs, bridges, and what is on top of a link.</summary>
internal static class FakeSegment
{
    public static FakeLink? HolderOf(FakeLink asking, Address address) =>
        Hears(asking).FirstOrDefault(link => link.IsUp && link.Addresses.Any(a => a.Address == address));

    private static IEnumerable<FakeLink> Hears(FakeLink sender)
    {
        if (sender.Parent is not { } parent)
            return Leaving(sender);
        // A parent does not hear those on top of it; they hear each other where both are in mode bridge.
        var beside = parent.Children.Where(c => c != sender && c.Macvlan == Linux.MacvlanMode.Bridge && sender.Macvlan == Linux.MacvlanMode.Bridge);
        return beside.Concat(Leaving(parent));
    }

    private static IEnumerable<FakeLink> Leaving(FakeLink link) =>
        !link.IsUp ? []
        : link.Bridge is not null ? PortsOf(link).SelectMany(Leaving)
        : link.Peer is { } peer ? Arriving(peer)
        : [];

    private static IEnumerable<FakeLink> Arriving(FakeLink link) => link.Master is { } bridge
        ? Here(bridge).Concat(PortsOf(bridge).Where(port => port != link).SelectMany(Leaving))
        : Here(link);

    private static IEnumerable<FakeLink> Here(FakeLink link) => link.IsUp ? link.Children.Prepend(link) : [];

    private static IEnumerable<FakeLink> PortsOf(FakeLink bridge) => bridge.Home.Links.Values.Where(port => port.Master == bridge);
}
