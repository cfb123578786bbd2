using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>A call that a fake kernel is about to take.</summary>
/// <param name="Operation">One of <see cref="FakeKernel.Operations"/>.</param>
/// <param name="Action">As errors say it: "adding bridge b in the host".</param>
public readonly record struct FakeCall(string Operation, string Action)
{
    private readonly KernelChange? _change;
    private readonly FakeNamespaceState? _space;

    internal FakeCall(string operation, string action, KernelChange? change, FakeNamespaceState? space)
        : this(operation, action) => (_change, _space) = (change, space);

    /// <summary>Somebody else deletes what the change is about, just before it. False: it is about no link that can be deleted.</summary>
    public bool LoseLink()
    {
        if (_change is null || _space is not { } space)
            return false;
        var name = LinkNames.Of(_change).FirstOrDefault();
        if (name is null || !space.Links.TryGetValue(name, out var link) || link.Alias is null)
            return false;
        space.Remove(link);
        return true;
    }
}
