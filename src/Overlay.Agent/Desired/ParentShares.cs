using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Desired;

/// <summary>
/// Which networks can be on one parent together. The kernel keeps ipvlan's mode and flag per parent: making one link
/// silently changes those already there, so two networks that differ would take the parent from each other for ever.
/// macvlan and ipvlan exclude each other, and passthru excludes everything.
/// </summary>
internal static class ParentShares
{
    /// <summary>The networks that must wait, each with the reason; a network that had its parent keeps it.</summary>
    public static ImmutableDictionary<ObjectId, string> Refused(IEnumerable<TranslatedNetwork> networks, IReadOnlySet<ObjectId> hadTheirs) =>
        networks.Where(n => n.SubLink is not null)
            .GroupBy(n => n.SubLink!.Parent, StringComparer.Ordinal)
            .SelectMany(sharers => RefusedOn(sharers, hadTheirs))
            .ToImmutableDictionary();

    private static IEnumerable<KeyValuePair<ObjectId, string>> RefusedOn(IEnumerable<TranslatedNetwork> sharers, IReadOnlySet<ObjectId> hadTheirs)
    {
        var ordered = sharers.OrderByDescending(n => hadTheirs.Contains(n.View.Id)).ThenBy(n => n.Local[0].Created).ThenBy(n => n.View.Id).ToList();
        var (holder, link) = (ordered[0].View.Spec.Name, ordered[0].SubLink!);
        return ordered.Skip(1).Where(n => !CanShare(link, n.SubLink!)).Select(n => KeyValuePair.Create(
            n.View.Id,
            $"link {link.Parent} carries {Words(link)} for network {holder}, and not {Words(n.SubLink!)} for network {n.View.Spec.Name} beside it; use the same mode, or another parent"));
    }

    private static bool CanShare(DesiredSubLink a, DesiredSubLink b) =>
        a.Kind == b.Kind && a.Ipvlan == b.Ipvlan && a.Macvlan != MacvlanMode.Passthru && b.Macvlan != MacvlanMode.Passthru;

    private static string Words(DesiredSubLink link) =>
        (link.Macvlan is { } mode ? $"macvlan {mode}" : $"ipvlan {link.Ipvlan!.Mode} {link.Ipvlan.Flag}").ToLowerInvariant();
}
