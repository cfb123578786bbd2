using Overlay.Agent.Desired;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// Tells this host's sandboxes that an address has another MAC now. Without it an address that was used before is
/// black-holed for the 8 s that their caches keep the old one, and a first ping may wait 0.8 s for the ARP retry.
/// </summary>
internal static class Announcer
{
    /// <remarks>Only ports that were there before the pass can have heard anything else.</remarks>
    public static void Announce(
        INetNamespace host, Plan plan, DesiredHost desired, IReadOnlyDictionary<string, Link> links, VethPairs pairs, Problems problems)
    {
        var added = pairs.Made.Select(m => m.Pair.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var bridge in plan.Announcements.Concat(NewEndpoints(pairs)).GroupBy(a => a.Link))
        {
            string[] ports = [.. desired.Links.Where(l => l.Kind == DesiredLinkKind.Veth && l.Master == bridge.Key && links.ContainsKey(l.Name) && !added.Contains(l.Name)).Select(l => l.Name)];
            if (ports.Length == 0)
                continue;
            foreach (var alike in bridge.GroupBy(a => a.Except))
            {
                try
                {
                    host.Announce([.. ports.Where(p => p != alike.Key)], [.. alike.Select(a => (a.Address, a.Mac))]);
                }
                catch (KernelException failure)
                {
                    problems.Add(default, failure.Message);
                }
            }
        }
    }

    /// <summary>On a physical network, where the sandbox's own link is the one to tell.</summary>
    public static void Announce(INetNamespace space, Plan plan, Problems problems)
    {
        foreach (var link in plan.Announcements.GroupBy(a => a.Link))
        {
            try
            {
                space.Announce([link.Key], [.. link.Select(a => (a.Address, a.Mac))]);
            }
            catch (KernelException failure)
            {
                problems.Add(default, failure.Message);
            }
        }
    }

    private static IEnumerable<Announcement> NewEndpoints(VethPairs pairs) =>
        from made in pairs.Made
        from address in made.Attachment.Addresses
        select new Announcement(made.Bridge, address.Address, made.Attachment.Mac!.Value, made.Pair.Name);
}
