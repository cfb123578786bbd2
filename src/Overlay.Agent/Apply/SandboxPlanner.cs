using Overlay.Agent.Desired;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Networks;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// The sandbox's side: its ends of the veth pairs. A workload may configure its own namespace as well; only what is
/// missing of ours is put back, and what else it has stays.
/// </summary>
internal static class SandboxPlanner
{
    private static readonly Prefix Everything4 = Prefix.Parse("0.0.0.0/0");
    private static readonly Prefix Everything6 = Prefix.Parse("::/0");

    // What SetRoute writes: a default route that a workload sets by hand has another.
    private const byte OurProtocol = 4;

    /// <param name="hostLinks">Links of the host namespace, after its changes.</param>
    /// <param name="free">Addresses that nobody on their physical network has: what else is probed first is left out.</param>
    public static Plan Plan(
        DesiredSandbox sandbox, IReadOnlyDictionary<string, Link> hostLinks, HostDump dump, ObjectMark mark, ProbeSites sites,
        IReadOnlySet<(ObjectId Endpoint, Address Address)> free, bool mayDelete, bool resync)
    {
        var plan = new Plan();
        foreach (var attachment in sandbox.Attachments)
        {
            if (LinkOf(attachment, hostLinks, dump) is { } link)
                PlanEnd(plan, attachment, link, dump, resync, sites, free);
        }
        if (mayDelete)
            PlanSurplusLinks(plan, sandbox, dump, mark);
        PlanDefault(plan, sandbox, Everything4, hostLinks, dump);
        PlanDefault(plan, sandbox, Everything6, hostLinks, dump);
        return plan;
    }

    /// <summary>Attachments whose host end is there and whose other end is not in the sandbox: the pair must be made again.</summary>
    public static IEnumerable<DesiredAttachment> Broken(DesiredSandbox sandbox, IReadOnlyDictionary<string, Link> hostLinks, HostDump dump) =>
        sandbox.Attachments.Where(a => a.SubLink is null && hostLinks.ContainsKey(a.HostLink) && PeerOf(a, hostLinks, dump) is null);

    /// <summary>Attachments whose link on a link of the host is yet to be made, or to get its name; each with what is there.</summary>
    public static IEnumerable<(DesiredAttachment Attachment, Link? Actual)> SubLinksToMake(DesiredSandbox sandbox, HostDump dump) =>
        from attachment in sandbox.Attachments
        where attachment.SubLink is not null
        let link = SubLinkOf(attachment, dump)
        where link is null || !attachment.SubLink!.IsLike(link) || link.Name == attachment.HostLink
        select (attachment, link);

    /// <summary>Names that no numbered interface may have: those in use, and those that other attachments ask for.</summary>
    public static HashSet<string> TakenNames(DesiredSandbox sandbox, IEnumerable<string> links) =>
        [.. links, .. sandbox.Attachments.Select(a => a.InterfaceName).OfType<string>()];

    /// <summary>A name for the sandbox's end of a new pair: the one asked for, else the first free number.</summary>
    public static string NameFor(DesiredAttachment attachment, IReadOnlySet<string> taken)
    {
        if (attachment.InterfaceName is { } chosen)
            return chosen;
        var number = 0;
        while (taken.Contains(attachment.InterfacePrefix + number))
            number++;
        return attachment.InterfacePrefix + number;
    }

    private static Link? LinkOf(DesiredAttachment attachment, IReadOnlyDictionary<string, Link> hostLinks, HostDump dump) =>
        attachment.SubLink is null ? PeerOf(attachment, hostLinks, dump) : SubLinkOf(attachment, dump);

    // A crash between a link's creation and its mark leaves one under its first name.
    private static Link? SubLinkOf(DesiredAttachment attachment, HostDump dump) =>
        dump.Links.Values.FirstOrDefault(l => l.Alias == attachment.Alias) ?? dump.Links.GetValueOrDefault(attachment.HostLink);

    private static void PlanSurplusLinks(Plan plan, DesiredSandbox sandbox, HostDump dump, ObjectMark mark)
    {
        foreach (var link in dump.Links.Values.Where(l => l.Kind is "macvlan" or "ipvlan" && sandbox.Attachments.All(a => a.Alias != l.Alias)))
        {
            if (mark.TryRead(link.Alias, out var endpoint))
                plan.Delete(endpoint, new DeleteLink(link.Name));
            // Its endpoint went between its creation and its mark.
            else if (string.IsNullOrEmpty(link.Alias) && Desired.LinkNames.IsEndpoint(link.Name) && sandbox.Attachments.All(a => a.HostLink != link.Name))
                plan.Delete(sandbox.Record.Id, new DeleteLink(link.Name));
        }
    }

    // The two ends name each other's index; the name is the workload's to change.
    private static Link? PeerOf(DesiredAttachment attachment, IReadOnlyDictionary<string, Link> hostLinks, HostDump dump) =>
        hostLinks.TryGetValue(attachment.HostLink, out var host)
            ? dump.Links.Values.FirstOrDefault(l => l.Kind == "veth" && l.Index == host.PeerIndex && l.PeerIndex == host.Index)
            : null;

    private static void PlanEnd(
        Plan plan, DesiredAttachment attachment, Link link, HostDump dump, bool resync, ProbeSites sites,
        IReadOnlySet<(ObjectId Endpoint, Address Address)> free)
    {
        var isNew = !link.IsUp;
        var set = new SetLink(link.Name)
        {
            Mac = link.Mac != attachment.Mac ? attachment.Mac : null,
            Mtu = attachment.Mtu > 0 && link.Mtu != attachment.Mtu ? attachment.Mtu : null,
            Alias = attachment.SubLink is not null && link.Alias != attachment.Alias ? attachment.Alias : null,
            Up = link.IsUp ? null : true,
        };
        if (isNew || resync)
            PlanSettings(plan, attachment, link.Name);
        if (set != new SetLink(link.Name))
            plan.Add(attachment.Endpoint, set);
        if (link.IsUp)
        {
            foreach (var route in ConnectedRoutes.Missing(attachment.Addresses, dump.Addresses[link.Index], dump.Routes[link.Index]))
                plan.Add(attachment.Endpoint, new SetRoute(route.Destination) { Link = link.Name, PreferredSource = route.Source });
        }
        var there = dump.Addresses[link.Index].Select(a => (a.Address, a.PrefixLength)).ToHashSet();
        // What is set stays, whoever else may have it: an agent that restarts asks nobody.
        foreach (var address in attachment.Addresses.Where(a => !there.Contains((a.Address, a.PrefixLength))))
        {
            if (attachment.SubLink is { IsProbed: true } sub && !free.Contains((attachment.Endpoint, address.Address)))
            {
                plan.Probes.Add(sites.Of(attachment.Endpoint, address.Address, sub, link));
                continue;
            }
            plan.Add(attachment.Endpoint, new AddAddress(link.Name, address.Address, address.PrefixLength));
            // Whoever had the address on the physical network before may still be in its neighbours' caches.
            if (attachment.SubLink is { IsRouted: false } && (attachment.Mac ?? link.Mac) is { } mac)
                plan.Announcements.Add(new(link.Name, address.Address, mac, null));
        }
    }

    private static void PlanSettings(Plan plan, DesiredAttachment attachment, string link)
    {
        var ipv6 = $"net/ipv6/conf/{link}/disable_ipv6";
        // By path: the name of a link may hold dots.
        var chosen = attachment.Sysctls.Select(s => (Name: string.Join('/', s.Key.Split('.').Select(part => part == EndpointOptions.Placeholder ? link : part)), s.Value)).ToList();
        plan.Chosen.AddRange(chosen.Select(s => (s.Name, s.Value, attachment.Endpoint)));
        // The namespace's default is off.
        if (attachment.Addresses.Any(a => !a.Address.IsV4) && chosen.All(s => s.Name != ipv6))
            plan.Sysctls.Add((ipv6, "0", attachment.Endpoint));
    }

    private static void PlanDefault(Plan plan, DesiredSandbox sandbox, Prefix everything, IReadOnlyDictionary<string, Link> hostLinks, HostDump dump)
    {
        var ends = sandbox.Attachments
            .Select(a => (Attachment: a, Link: LinkOf(a, hostLinks, dump)))
            .Where(e => e.Link is not null)
            .ToDictionary(e => e.Link!.Index, e => e.Attachment);
        var defaults = dump.Routes.SelectMany(r => r).Where(r => r.Destination == everything && r.Table == Route.MainTable).ToList();
        var leader = sandbox.Attachments.FirstOrDefault(a => a.LeadsOut(everything.IsV4));
        if (leader is not null && LinkOf(leader, hostLinks, dump) is { } link)
        {
            // The gateway cannot be reached before the address is there.
            if (plan.Probes.Any(p => p.Endpoint == leader.Endpoint && p.Address.IsV4 == everything.IsV4))
                return;
            var gateway = leader.Gateways.Where(g => g.IsV4 == everything.IsV4).Select(g => (Address?)g).FirstOrDefault();
            if (!defaults.Any(r => r.LinkIndex == link.Index && r.Via == gateway))
                plan.Add(leader.Endpoint, new SetRoute(everything) { Link = link.Name, Via = gateway });
            return;
        }
        foreach (var route in defaults.Where(r => r.Protocol == OurProtocol && ends.ContainsKey(r.LinkIndex)))
        {
            var name = dump.Links.Values.First(l => l.Index == route.LinkIndex).Name;
            plan.Delete(ends[route.LinkIndex].Endpoint, new RemoveRoute(everything) { Link = name, Via = route.Via });
        }
    }
}
