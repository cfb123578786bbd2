using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.View;

/// <summary>All that this host must know to make its kernel right. Immutable; swapped by reference.</summary>
public sealed record HostView
{
    public static readonly HostView Empty = new();

    public ImmutableDictionary<string, HostRecord> Hosts { get; init; } = ImmutableDictionary<string, HostRecord>.Empty;

    public ImmutableDictionary<ObjectId, SandboxRecord> Sandboxes { get; init; } = ImmutableDictionary<ObjectId, SandboxRecord>.Empty;

    public ImmutableDictionary<ObjectId, FollowRecord> Followed { get; init; } = ImmutableDictionary<ObjectId, FollowRecord>.Empty;

    public ImmutableDictionary<ObjectId, NetworkView> Networks { get; init; } = ImmutableDictionary<ObjectId, NetworkView>.Empty;

    /// <summary>Partition → the revision in this view.</summary>
    public ImmutableDictionary<string, ulong> Revisions { get; init; } = ImmutableDictionary<string, ulong>.Empty;

    /// <summary>Every partition is known, from disk or from the control plane: the kernel may be written.</summary>
    public bool IsComplete { get; init; }

    /// <summary>
    /// The control plane has confirmed every partition in this life: what is not in the view may be deleted. A view from
    /// disk may be older than the kernel: it repairs, and never deletes.
    /// </summary>
    public bool MayDelete { get; init; }

    /// <summary>
    /// A new sandbox's command waits for the networks that it was made with: the roster can arrive before them. A
    /// network that is not followed any more, or gone, is not waited for.
    /// </summary>
    public bool MayStart(SandboxRecord sandbox) => sandbox.Generation > 1
        || sandbox.StartAfter.All(target => Revisions.GetValueOrDefault(target.Partition) is var revision && (revision == 0 || revision >= target.Revision));
}
