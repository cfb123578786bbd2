using Overlay.Agent.Desired;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// Tells this host's sandboxes that an address has another MAC now. Without it an address that was used before is
/// black-holed for the 8 s that their caches keep the old one, and a first ping may wait 0.8 s for the ARP retry.
/// </summary>
internal static class Announcer
{
    /// <param name="before">Only ports that were there before the pass can have heard anything else.</param>
    public static void Announce(INetNamespace host, Plan plan, DesiredHost desired, HostDump before, Problems problems)
    {
        foreach (var bridge in plan.Announcements.Concat(NewEndpoints(plan, desired)).GroupBy(a => a.Link))
        {
            string[] ports = [.. desired.Links.Where(l => l.Kind == DesiredLinkKind.Veth && l.Master == bridge.Key && before.Links.ContainsKey(l.Name)).Select(l => l.Name)];
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
