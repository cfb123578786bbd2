using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Core;

namespace Overlay.Agent.Apply;

/// <summary>What the last pass left: the view that it applied, and what it could not make.</summary>
internal sealed record AppliedState(
    HostView View, ImmutableDictionary<ObjectId, string> Problems, ImmutableHashSet<ObjectId> Pending, string? Warning)
{
    public static readonly AppliedState None = new(HostView.Empty, ImmutableDictionary<ObjectId, string>.Empty, [], null);

    public ulong RevisionOf(string partition) => View.Revisions.GetValueOrDefault(partition);
}
