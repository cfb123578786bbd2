using System.Collections.Immutable;
using Overlay.Core;

namespace Overlay.Agent.Apply;

/// <summary>What could not be made in one pass, by object; the first reason of each counts. The default id stands for the
/// host itself.</summary>
internal sealed class Problems
{
    private readonly Dictionary<ObjectId, string> _found = [];

    public int Count => _found.Count;

    public void Add(ObjectId owner, string reason) => _found.TryAdd(owner, reason);

    public bool Has(ObjectId owner) => _found.ContainsKey(owner);

    public ImmutableDictionary<ObjectId, string> ToImmutable() => _found.ToImmutableDictionary();
}
