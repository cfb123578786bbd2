using Overlay.Agent.Desired;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// Tells this host's sandboxes that an address has another MAC now. Without it an address that was used before is
/// black-holed for the 8 s that their caches keep the old one, and a first ping may wait 0.8 s for the ARP retry.
/// </summary>
internal static class Announcer
{
    /// <param name="unsaid">What an earlier pass could not say.</param>
    /// <param name="before">Only ports that were there before the pass can have heard anything else.</param>
    /// <returns>What could not be said.</returns>
    public static IReadOnlyCollection<Announcement> Announce(
        INetNamespace host, Plan plan, IEnumerable<Announcement> unsaid, DesiredHost desired, HostDump before, Problems problems)
    {
        var failed = new List<Announcement>();
        foreach (var bridge in plan.Announcements.Concat(NewEndpoints(plan, desired)).Concat(unsaid.Where(a => Holds(desired, a))).Distinct().GroupBy(a => a.Link))
        {
            string[] ports = [.. desired.Links.Where(l => l.Kind == DesiredLinkKind.Veth && l.Master == bridge.Key && before.Links.ContainsKey(l.Name)).Select(l => l.Name)];
            if (ports.Length == 0)
                continue;
            foreach (var alike in bridge.GroupBy(a => a.Except))
                failed.AddRange(Say(host, [.. ports.Where(p => p != alike.Key)], [.. alike], problems));
        }
        return failed;
    }

    /// <summary>On a physical network, where the sandbox's own link is the one to tell. Returns what could not be said.</summary>
    public static IReadOnlyCollection<Announcement> Announce(INetNamespace space, IEnumerable<Announcement> announcements, Problems problems) =>
        [.. announcements.Distinct().GroupBy(a => a.Link).SelectMany(link => Say(space, [link.Key], [.. link], problems))];

    private static Announcement[] Say(INetNamespace space, string[] links, Announcement[] announcements, Problems problems)
    {
        try
        {
            space.Announce(links, [.. announcements.Select(a => (a.Address, a.Mac))]);
            return [];
        }
        catch (KernelException failure)
        {
            problems.Add(default, failure.Message);
            return announcements;
        }
    }

    private static bool Holds(DesiredHost desired, Announcement said) =>
        desired.Links.Any(l => l.Name == said.Link && l.Neighbours.Contains(new DesiredNeighbour(said.Address, said.Mac)))
        || desired.Sandboxes.Values.SelectMany(s => s.Attachments).Any(a => a.HostLink == said.Except && a.Mac == said.Mac && a.Addresses.Any(x => x.Address == said.Address));

    private static IEnumerable<Announcement> NewEndpoints(Plan plan, DesiredHost desired)
    {
        var added = plan.Additions.Select(a => a.Change).OfType<AddVeth>().ToDictionary(a => a.Name);
        if (added.Count == 0)
            return [];
        return from sandbox in desired.Sandboxes.Values
               from attachment in sandbox.Attachments
               where added.ContainsKey(attachment.HostLink)
               from address in attachment.Addresses
               select new Announcement(added[attachment.HostLink].Master!, address.Address, attachment.Mac!.Value, attachment.HostLink);
    }
}
