using Overlay.Agent.Desired;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Sandboxes;

/// <summary>The namespaces of this host's sandboxes. Used by the one loop that applies.</summary>
internal sealed class SandboxSpaces(IKernel kernel, NamespaceMarks marks, Action<ObjectId, KernelEvents> changed) : IDisposable
{
    private const KernelEvents Watched = KernelEvents.Links | KernelEvents.Addresses | KernelEvents.Routes | KernelEvents.Nftables;

    private readonly Dictionary<ObjectId, Space> _open = [];

    public INetNamespace? Find(ObjectId sandbox) => _open.GetValueOrDefault(sandbox)?.Namespace;

    /// <summary>Sandboxes whose namespace is here, with its name.</summary>
    public IEnumerable<(ObjectId Sandbox, string Name)> All => marks.All.Select(mark => (mark.Value, mark.Key));

    /// <summary>Those of <see cref="All"/> that are not desired.</summary>
    public IEnumerable<(ObjectId Sandbox, string Name)> Surplus(IReadOnlyDictionary<ObjectId, DesiredSandbox> desired) =>
        All.Where(space => !(desired.TryGetValue(space.Sandbox, out var sandbox) && sandbox.HasNamespace && sandbox.Record.Name == space.Name));

    /// <summary>Opens the sandbox's namespace, or makes it. True when it was made, or is another one than before.</summary>
    /// <param name="look">Make sure that the name still means the namespace we hold.</param>
    public bool Ensure(DesiredSandbox sandbox, bool look)
    {
        var (id, name) = (sandbox.Record.Id, sandbox.Record.Name);
        if (_open.TryGetValue(id, out var held))
        {
            if (!look || StillNamed(held.Namespace, name))
                return false;
            Close(id);
        }
        if (marks.Find(name) is { } owner && owner != id)
            throw new KernelException($"making namespace {name}", 17, $"sandbox {owner.Short} of that name has not ended yet");
        if (marks.Find(name) is null && kernel.Names().Contains(name))
            throw new KernelException($"making namespace {name}", 17, $"/run/netns/{name} is there and not ours; remove it with 'ip netns del {name}', or give the sandbox another name");
        marks.Add(name, id);
        var (space, made) = OpenOrCreate(name);
        _open[id] = new(space, space.Monitor(Watched, events => changed(id, events)));
        return made || held is not null;
    }

    /// <summary>Takes the namespace away; whatever process still runs in it keeps it alive.</summary>
    public void Delete(ObjectId sandbox, string name)
    {
        Close(sandbox);
        try
        {
            kernel.Delete(name);
        }
        catch (KernelException gone) when (gone.IsGone)
        {
            // Someone was faster, or it was never made.
        }
        marks.Remove(name);
    }

    /// <summary>An open handle for looking at a namespace that is about to be deleted; null when it is gone already.</summary>
    public INetNamespace? Borrow(ObjectId sandbox, string name)
    {
        if (Find(sandbox) is { } open)
            return open;
        try
        {
            var space = kernel.Open(name);
            _open[sandbox] = new(space, space.Monitor(KernelEvents.None, _ => { }));
            return space;
        }
        catch (KernelException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (var id in _open.Keys.ToArray())
            Close(id);
    }

    private (INetNamespace Space, bool Made) OpenOrCreate(string name)
    {
        try
        {
            var space = kernel.Open(name);
            if (IsNamespace(space))
                return (space, false);
            // Unmounted by someone: only the file is left of it.
            space.Dispose();
            kernel.Delete(name);
        }
        catch (KernelException failure) when (failure.IsGone)
        {
            // Not made yet.
        }
        return (kernel.Create(name), true);
    }

    private static bool IsNamespace(INetNamespace space)
    {
        const int EINVAL = 22;
        try
        {
            return space.FindLink("lo") is not null;
        }
        catch (KernelException failure) when (failure.Errno == EINVAL)
        {
            return false;
        }
    }

    private bool StillNamed(INetNamespace held, string name)
    {
        try
        {
            using var named = kernel.Open(name);
            return named.Id == held.Id;
        }
        catch (KernelException)
        {
            return false;
        }
    }

    private void Close(ObjectId id)
    {
        if (!_open.Remove(id, out var space))
            return;
        space.Monitor.Dispose();
        space.Namespace.Dispose();
    }

    private sealed record Space(INetNamespace Namespace, IDisposable Monitor);
}
