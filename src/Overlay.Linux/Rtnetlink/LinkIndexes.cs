namespace Overlay.Linux.Rtnetlink;

/// <summary>The indexes of links by name, as far as one batch has needed them.</summary>
internal sealed class LinkIndexes
{
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    public int this[string name]
    {
        get => _byName[name];
        set => _byName[name] = value;
    }

    public bool Knows(string name) => _byName.ContainsKey(name);

    public void Forget(string name) => _byName.Remove(name);

    public void Clear() => _byName.Clear();

    /// <summary>The links whose index the change's message needs.</summary>
    public static (string? First, string? Second) NeededBy(KernelChange change) => change switch
    {
        AddSubLink link => (link.Parent, NullIfEmpty(link.Master)),
        AddLink link => (NullIfEmpty(link.Master), null),
        SetLink link => (NullIfEmpty(link.Master), link.Rename is null ? null : link.Name),
        AddAddress address => (address.Link, null),
        RemoveAddress address => (address.Link, null),
        SetNeighbour neighbour => (neighbour.Link, null),
        RemoveNeighbour neighbour => (neighbour.Link, null),
        SetBridgeFdb entry => (entry.Port, null),
        RemoveBridgeFdb entry => (entry.Port, null),
        SetVxlanFdb entry => (entry.Link, null),
        RemoveVxlanFdb entry => (entry.Link, null),
        SetRoute route => (route.Link, null),
        RemoveRoute route => (route.Link, null),
        _ => (null, null),
    };

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
