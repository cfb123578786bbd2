using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>What one pass looks at, besides what differs from the pass before.</summary>
/// <param name="Everything">Also what nothing reported as changed.</param>
/// <param name="Names">Namespaces may have lost their names.</param>
/// <param name="Sandboxes">Namespaces in which something has changed, and what.</param>
internal sealed record PassScope(bool Everything, bool Names, IReadOnlyDictionary<ObjectId, KernelEvents> Sandboxes)
{
    public static readonly PassScope Nothing = new(false, false, ImmutableDictionary<ObjectId, KernelEvents>.Empty);

    /// <summary>What the host's kernel reported since the last pass.</summary>
    public IReadOnlyList<KernelNotice> Notices { get; init; } = [];

    /// <summary>Somebody else has changed the host's packet filter.</summary>
    public bool Rules { get; init; }

    /// <summary>The host's forwarding was switched on or off.</summary>
    public bool Forwarding { get; init; }

    public bool HasRulesOf(ObjectId sandbox) =>
        Everything || (Sandboxes.GetValueOrDefault(sandbox) & (KernelEvents.Nftables | KernelEvents.Overrun)) != 0;

    public PassScope With(IEnumerable<ObjectId> sandboxes) =>
        this with { Sandboxes = Sandboxes.Concat(sandboxes.Except(Sandboxes.Keys).Select(id => KeyValuePair.Create(id, KernelEvents.None))).ToDictionary() };
}
