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
    /// <param name="links">Only ports that were there before the pass can have heard anything else.</param>
    /// <returns>What could not be said.</returns>
    public static IReadOnlyCollection<Announcement> Announce(
        INetNamespace host, Plan plan, IEnumerable<Announcement> unsaid, DesiredHost desired, IReadOnlyDictionary<string, Link> links, VethPairs pairs, Problems problems)
    {
        var failed = new List<Announcement>();
        var added = pairs.Made.Select(m => m.Pair.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var bridge in plan.Announcements.Concat(NewEndpoints(pairs)).Concat(unsaid.Where(a => Holds(desired, a))).Distinct().GroupBy(a => a.Link))
        {
            string[] ports = [.. desired.Links.Where(l => l.Kind == DesiredLinkKind.Veth && l.Master == bridge.Key && links.ContainsKey(l.Name) && !added.Contains(l.Name)).Select(l => l.Name)];
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

    private static IEnumerable<Announcement> NewEndpoints(VethPairs pairs) =>
        from made in pairs.Made
        from address in made.Attachment.Addresses
        select new Announcement(made.Bridge, address.Address, made.Attachment.Mac!.Value, made.Pair.Name);
}
