using System.Collections.Immutable;
using Overlay.Core;

namespace Overlay.Agent.Apply;

/// <summary>What could not be made in one pass, by object; the first reason of each counts. The default id stands for the
/// host itself.</summary>
internal sealed class Problems
{
    private readonly Dictionary<ObjectId, string> _found = [];
    private readonly List<(ObjectId Owner, string Reason)> _warnings = [];

    public int Count => _found.Count;

    /// <summary>How often something was added, of whichever object.</summary>
    public int Additions { get; private set; }

    /// <summary>What is as it should be, but does not work as well as it could.</summary>
    public ImmutableDictionary<ObjectId, ImmutableArray<string>> Warnings =>
        _warnings.GroupBy(w => w.Owner).ToImmutableDictionary(g => g.Key, g => g.Select(w => w.Reason).ToImmutableArray());

    public void Add(ObjectId owner, string reason)
    {
        Additions++;
        _found.TryAdd(owner, reason);
    }

    public void Add(Problems others)
    {
        foreach (var (owner, reason) in others._found)
            Add(owner, reason);
    }

    public void Warn(ObjectId owner, string reason) => _warnings.Add((owner, reason));

    public bool Has(ObjectId owner) => _found.ContainsKey(owner);

    public ImmutableDictionary<ObjectId, string> ToImmutable() => _found.ToImmutableDictionary();
}
