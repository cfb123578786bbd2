using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>A write, and the object that it is for.</summary>
internal readonly record struct PlannedChange(KernelChange Change, ObjectId Owner);

/// <summary>What to write to a namespace: additions bottom up, then deletions top down.</summary>
internal sealed class Plan
{
    public List<PlannedChange> Additions { get; } = [];

    public List<PlannedChange> Deletions { get; } = [];

    /// <summary>Settings of links that are new, or due for a look.</summary>
    public List<(string Name, string Value, ObjectId Owner)> Sysctls { get; } = [];

    /// <summary>The same, of settings that a user has chosen.</summary>
    public List<(string Name, string Value, ObjectId Owner)> Chosen { get; } = [];

    /// <summary>Objects that cannot be made, and why.</summary>
    public Dictionary<ObjectId, string> Problems { get; } = [];

    /// <summary>Names of links that are not ours, and of those that would hang on them.</summary>
    public HashSet<string> Refused { get; } = [];

    /// <summary>Address → MAC on a bridge that is new: whoever has an older answer must hear of it.</summary>
    public List<Announcement> Announcements { get; } = [];

    /// <summary>Addresses that are not set before the network was asked who has them.</summary>
    public List<ProbedAddress> Probes { get; } = [];

    public void Add(ObjectId owner, KernelChange change) => Additions.Add(new(change, owner));

    public void Delete(ObjectId owner, KernelChange change) => Deletions.Add(new(change, owner));
}

/// <param name="Link">The bridge behind whose ports they hear it, or the link that says it.</param>
internal readonly record struct Announcement(string Link, Address Address, MacAddress Mac, string? Except);
