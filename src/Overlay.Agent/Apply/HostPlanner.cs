using Overlay.Agent.Desired;
using Overlay.Core;
using Overlay.Core.Reconcile;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>Desired links against what the kernel has: the writes that make them equal. Links that do not say that they are ours are
/// never touched.</summary>
internal static class HostPlanner
{
    // No one else's group: its number is "OVL" in ASCII. Deleting a group costs one RCU grace period for all its links.
    public const int DoomedGroup = 0x4f564c;

    /// <param name="newVeth">Makes the pair for a link whose other end belongs into a sandbox; null when it cannot yet be.</param>
    /// <param name="resync">Look at the settings of links that were there already, too.</param>
    public static Plan Plan(
        HostLook look, ObjectMark mark, Func<DesiredLink, AddVeth?> newVeth, bool mayDelete, bool resync)
    {
        var plan = new Plan();
        foreach (var link in look.Planned)
            PlanLink(plan, link, look.Dump, mark, newVeth, mayDelete, resync);
        if (mayDelete)
            PlanSurplusLinks(plan, look, mark);
        return plan;
    }

    private static void PlanLink(
        Plan plan, DesiredLink link, HostDump dump, ObjectMark mark, Func<DesiredLink, AddVeth?> newVeth, bool mayDelete, bool resync)
    {
        if (link.Master is { } master && plan.Refused.Contains(master))
        {
            plan.Refused.Add(link.Name);
            plan.Problems.TryAdd(link.Owner, $"its bridge {master} is there and not ours");
            return;
        }
        // The kernel takes a parent's MTU down to its VLAN links, but not up again.
        if (link.Kind == DesiredLinkKind.Vlan && dump.Links.TryGetValue(link.Parent!, out var parent))
            link = link with { Mtu = parent.Mtu };
        var actual = dump.Links.GetValueOrDefault(link.Name);
        if (actual is not null && link.Kind != DesiredLinkKind.Vlan && !IsOurs(link, actual, mark))
        {
            plan.Refused.Add(link.Name);
            plan.Problems[link.Owner] =
                $"link {link.Name} ({(actual.Kind.Length > 0 ? actual.Kind : "device")}) is there and not ours; remove or rename it ('ip link set {link.Name} name …')";
            return;
        }
        // Somebody else's VLAN link carries ours as well: it is used, and left as it is.
        if (actual is not null && link.Kind == DesiredLinkKind.Vlan && !IsOurs(link, actual, mark))
            return;
        if (actual is not null && !CanBecome(link, actual))
        {
            plan.Add(link.Owner, new DeleteLink(link.Name));
            actual = null;
        }
        if (actual is null)
        {
            if (NewLink(link, newVeth) is not { } added)
                return;
            plan.Add(link.Owner, added);
        }
        else if (Correction(link, actual, dump) is { } correction)
        {
            plan.Add(link.Owner, correction);
        }
        PlanPort(plan, link, actual);
        if (actual is null || resync)
            plan.Sysctls.AddRange(link.Sysctls.Select(s => (s.Name, s.Value, link.Owner)));
        LinkContents.Plan(plan, link, actual, dump, mayDelete);
    }

    private static AddLink? NewLink(DesiredLink link, Func<DesiredLink, AddVeth?> newVeth)
    {
        AddLink? added = link.Kind switch
        {
            DesiredLinkKind.Bridge => new AddBridge(link.Name),
            DesiredLinkKind.Vxlan => new AddVxlan(link.Name, link.Vxlan!.Vni, link.Vxlan.Local!.Value, link.Vxlan.Port),
            DesiredLinkKind.Vlan => new AddVlan(link.Name, link.Parent!, link.VlanId),
            _ => newVeth(link),
        };
        return added is null ? null : added with { Mac = link.Mac, Mtu = link.Mtu > 0 ? link.Mtu : null, Master = link.Master, Alias = link.Alias, Up = true };
    }

    // A crash between a link's creation and its mark leaves one with our name and no mark. A name that a user chose
    // (bridge.name) says nothing: without a mark it is someone else's bridge.
    private static bool IsOurs(DesiredLink link, Link actual, ObjectMark mark) =>
        mark.TryRead(actual.Alias, out var id) ? id == link.Owner || link.Kind == DesiredLinkKind.Vlan
            : string.IsNullOrEmpty(actual.Alias) && link.Name.EndsWith(link.Owner.LinkSuffix, StringComparison.Ordinal) && IsOfKind(link, actual);

    private static bool IsOfKind(DesiredLink link, Link actual) => actual.Kind == link.Kind switch
    {
        DesiredLinkKind.Bridge => "bridge",
        DesiredLinkKind.Vxlan => "vxlan",
        DesiredLinkKind.Vlan => "vlan",
        _ => "veth",
    };

    private static bool CanBecome(DesiredLink link, Link actual) =>
        IsOfKind(link, actual)
        && (link.Kind != DesiredLinkKind.Vlan || actual.VlanId == link.VlanId)
        && (link.Vxlan is not { } wanted
            || actual.Vxlan is { } vxlan && vxlan.Vni == wanted.Vni && vxlan.Port == wanted.Port && vxlan.Local == wanted.Local && !vxlan.Learning);

    private static SetLink? Correction(DesiredLink link, Link actual, HostDump dump)
    {
        var set = new SetLink(link.Name)
        {
            Mac = link.Mac is { } mac && actual.Mac != mac ? mac : null,
            Mtu = link.Mtu > 0 && actual.Mtu != link.Mtu ? link.Mtu : null,
            Alias = actual.Alias != link.Alias ? link.Alias : null,
            Up = actual.IsUp ? null : true,
            Master = link.Master is not null && actual.Master != (dump.Links.GetValueOrDefault(link.Master)?.Index ?? -1) ? link.Master : null,
        };
        return set == new SetLink(link.Name) ? null : set;
    }

    private static void PlanPort(Plan plan, DesiredLink link, Link? actual)
    {
        if (link.Port is not { } wanted || (actual?.Port ?? new BridgePortInfo()) == wanted)
            return;
        plan.Add(link.Owner, new SetBridgePort(link.Name)
        {
            Learning = wanted.Learning,
            Flood = wanted.Flood,
            MulticastFlood = wanted.MulticastFlood,
            BroadcastFlood = wanted.BroadcastFlood,
            NeighbourSuppression = wanted.NeighbourSuppression,
            Isolated = wanted.Isolated,
            Hairpin = wanted.Hairpin,
        });
    }

    private static void PlanSurplusLinks(Plan plan, HostLook look, ObjectMark mark)
    {
        var surplus = Difference.Between(
            look.Planned, l => l.Name, look.Surplus.Where(l => mark.IsOurs(l.Alias)), l => l.Name, (_, _) => true).Surplus;
        if (surplus.Count > 1 && look.Dump.Links.Values.All(l => l.Group != DoomedGroup || surplus.Contains(l)))
        {
            foreach (var link in surplus.Where(l => l.Group != DoomedGroup))
                plan.Delete(OwnerOf(link, mark), new SetLink(link.Name) { Group = DoomedGroup });
            plan.Delete(OwnerOf(surplus[0], mark), new DeleteLinkGroup(DoomedGroup));
            return;
        }
        foreach (var link in surplus)
            plan.Delete(OwnerOf(link, mark), new DeleteLink(link.Name));
    }

    private static ObjectId OwnerOf(Link link, ObjectMark mark) => mark.TryRead(link.Alias, out var id) ? id : default;
}
