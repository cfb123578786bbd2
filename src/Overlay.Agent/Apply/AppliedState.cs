using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Core;

namespace Overlay.Agent.Apply;

/// <summary>What the last pass left: the view that it applied, what it could not make, and what it made but warns of.</summary>
internal sealed record AppliedState(
    HostView View, ImmutableDictionary<ObjectId, string> Problems, ImmutableDictionary<ObjectId, ImmutableArray<string>> Warnings, ImmutableHashSet<ObjectId> Pending)
{
    public static readonly AppliedState None =
        new(HostView.Empty, ImmutableDictionary<ObjectId, string>.Empty, ImmutableDictionary<ObjectId, ImmutableArray<string>>.Empty, []);

    public ulong RevisionOf(string partition) => View.Revisions.GetValueOrDefault(partition);
}
