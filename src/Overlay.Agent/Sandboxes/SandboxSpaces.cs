using Overlay.Agent.Desired;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Sandboxes;

internal enum SpaceChange
{
    None,

    /// <summary>Someone had taken its name away; the namespace is the same.</summary>
    NamedAgain,

    Made,
}

/// <summary>
/// The namespaces of this host's sandboxes. Used by the one loop that applies. A name says nothing: anyone can give it to
/// another namespace. Ours is the one that the mark of the name tells of.
/// </summary>
internal sealed class SandboxSpaces(IKernel kernel, NameMarks marks, Action<ObjectId, KernelEvents> changed) : IDisposable
{
    private const int EEXIST = 17;
    private const KernelEvents Watched = KernelEvents.Links | KernelEvents.Addresses | KernelEvents.Routes | KernelEvents.Nftables;

    // What Docker gives a container: ping without privilege, ports below 1024 for everyone, and IPv6 only where its
    // network has it. As defaults of the namespace they cost nothing per link; a workload may change them later.
    private static readonly (string Name, string Value)[] Settings =
    [
        ("net/ipv4/ping_group_range", "0\t2147483647"), ("net/ipv4/ip_unprivileged_port_start", "0"),
        ("net/ipv6/conf/default/disable_ipv6", "1"), ("net/ipv6/conf/default/accept_ra", "0"), ("net/ipv6/conf/default/dad_transmits", "0"),
    ];

    private readonly Dictionary<ObjectId, Space> _open = [];

    public INetNamespace? Find(ObjectId sandbox) => _open.GetValueOrDefault(sandbox)?.Namespace;

    /// <summary>Sandboxes whose namespace is here, with its name.</summary>
    public IEnumerable<(ObjectId Sandbox, string Name)> All => marks.All.Select(mark => (mark.Value.Sandbox, mark.Key));

    /// <summary>Those of <see cref="All"/> that are not desired.</summary>
    public IEnumerable<(ObjectId Sandbox, string Name)> Surplus(IReadOnlyDictionary<ObjectId, DesiredSandbox> desired) =>
        All.Where(space => !(desired.TryGetValue(space.Sandbox, out var sandbox) && sandbox.HasNamespace && sandbox.Record.Name == space.Name));

    /// <summary>Opens the sandbox's namespace, or makes it.</summary>
    /// <param name="look">Make sure that the name still means the namespace we hold.</param>
    public SpaceChange Ensure(DesiredSandbox sandbox, bool look)
    {
        var (id, name) = (sandbox.Record.Id, sandbox.Record.Name);
        if (Find(id) is { } held)
            return look ? KeepName(held, name) : SpaceChange.None;
        var mark = marks.Find(name);
        if (mark is not null && mark.Sandbox != id)
            throw new KernelException($"making namespace {name}", EEXIST, $"sandbox {mark.Sandbox.Short} of that name has not ended yet");
        if (OpenNamed(name) is { } there)
            return Adopt(sandbox.Record, there, mark);
        if (mark is null && kernel.Names().Contains(name))
            throw NotOurs(name);
        marks.Add(name, id);
        Unname(name);
        return Finish(id, name, kernel.Create(name));
    }

    /// <summary>Takes the namespace away; whatever process still runs in it keeps it alive.</summary>
    public void Delete(ObjectId sandbox, string name)
    {
        Close(sandbox);
        using (var named = OpenNamed(name))
        {
            if (named is null || (marks.Find(name) is { } mark && IsOurs(named, mark)))
                Unname(name);
        }
        marks.Remove(name);
    }

    /// <summary>An open handle for looking at a namespace that is about to be deleted; null when it is gone already, or not ours.</summary>
    public INetNamespace? Borrow(ObjectId sandbox, string name)
    {
        if (Find(sandbox) is { } open)
            return open;
        if (OpenNamed(name) is not { } there)
            return null;
        if (marks.Find(name)?.Space == there.Id)
            return Hold(sandbox, there, KernelEvents.None);
        there.Dispose();
        return null;
    }

    public void Dispose()
    {
        foreach (var id in _open.Keys.ToArray())
            Close(id);
    }

    private SpaceChange Adopt(SandboxRecord sandbox, INetNamespace there, NameMark? mark)
    {
        try
        {
            if (mark is null || !IsOurs(there, mark))
                throw NotOurs(sandbox.Name);
        }
        catch
        {
            there.Dispose();
            throw;
        }
        if (mark.Space is null)
            return Finish(sandbox.Id, sandbox.Name, there);
        Hold(sandbox.Id, there, Watched);
        return SpaceChange.None;
    }

    // The mark tells of a namespace once that is as a sandbox's should be: where it does not, the next pass, or the next
    // life, begins here again.
    private SpaceChange Finish(ObjectId id, string name, INetNamespace made)
    {
        try
        {
            foreach (var setting in Settings)
            {
                // Absent: IPv6 is off altogether.
                if (made.ReadSysctl(setting.Name) is { } actual && actual.Trim() != setting.Value)
                    made.WriteSysctl(setting.Name, setting.Value);
            }
            marks.Add(name, id, made.Id);
        }
        catch
        {
            made.Dispose();
            throw;
        }
        Hold(id, made, Watched);
        return SpaceChange.Made;
    }

    private SpaceChange KeepName(INetNamespace held, string name)
    {
        using var named = OpenNamed(name);
        if (named?.Id == held.Id)
            return SpaceChange.None;
        if (named is not null)
            throw NotOurs(name);
        Unname(name);
        kernel.Attach(name, held);
        return SpaceChange.NamedAgain;
    }

    // A mark without a namespace is of a life that was cut short while it made one: that one is still empty.
    private bool IsOurs(INetNamespace there, NameMark mark) =>
        mark.Space is { } made ? made == there.Id : there.Id != kernel.Host.Id && there.DumpLinks() is [{ IsLoopback: true }];

    /// <summary>Null: the name is not there, or only its file is left.</summary>
    private INetNamespace? OpenNamed(string name)
    {
        try
        {
            var space = kernel.Open(name);
            if (space.Id.Device == kernel.Host.Id.Device)
                return space;
            space.Dispose();
        }
        catch (KernelException failure) when (failure.IsGone)
        {
            // No such name.
        }
        return null;
    }

    private void Unname(string name)
    {
        try
        {
            kernel.Delete(name);
        }
        catch (KernelException gone) when (gone.IsGone)
        {
            // Someone was faster, or it was never there.
        }
    }

    private static KernelException NotOurs(string name) => new(
        $"making namespace {name}", EEXIST, $"/run/netns/{name} is there and not ours; remove it with 'ip netns del {name}', or give the sandbox another name");

    private INetNamespace Hold(ObjectId id, INetNamespace space, KernelEvents watched)
    {
        try
        {
            _open[id] = new(space, space.Monitor(watched, events => changed(id, events)));
            return space;
        }
        catch
        {
            space.Dispose();
            throw;
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
