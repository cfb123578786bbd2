using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>One namespace's content. It ends, and takes its links along, when neither its name nor a handle is left.</summary>
internal sealed class FakeNamespaceState
{
    private readonly Dictionary<FakeNamespaceState, int> _numbers = [];
    private int _nextIndex = 2;

    public FakeNamespaceState(FakeKernel kernel, string name, ulong inode)
    {
        Kernel = kernel;
        Name = name;
        Id = new NamespaceId(4, inode);
        Links["lo"] = new FakeLink(this, 1, "lo", "");
        Sysctls = new FakeSysctls(this);
        Nftables = new FakeNftables(this);
    }

    public FakeKernel Kernel { get; }

    public string Name { get; }

    public NamespaceId Id { get; }

    public bool IsNamed { get; set; }

    public int Handles { get; set; }

    public Dictionary<string, FakeLink> Links { get; } = new(StringComparer.Ordinal);

    public List<Route> Routes { get; } = [];

    /// <summary>Whatever a test says that programs hold.</summary>
    public List<BoundSocket> Sockets { get; } = [];

    public FakeSysctls Sysctls { get; }

    public FakeNftables Nftables { get; }

    public List<(KernelEvents Kinds, Action<IReadOnlyList<KernelNotice>> Reported)> Monitors { get; } = [];

    public int? FreeIndex(int? wished)
    {
        if (wished is { } index)
            return Links.Values.Any(link => link.Index == index) ? null : index;
        while (Links.Values.Any(link => link.Index == _nextIndex))
            _nextIndex++;
        return _nextIndex++;
    }

    public int NumberOf(FakeNamespaceState other)
    {
        if (!_numbers.TryGetValue(other, out var number))
            _numbers[other] = number = _numbers.Count;
        return number;
    }

    public int? KnownNumberOf(FakeNamespaceState other) => _numbers.TryGetValue(other, out var number) ? number : null;

    public void Remove(FakeLink link)
    {
        foreach (var port in Links.Values.Where(port => port.Master == link))
        {
            FakeLinkWriter.Detach(port);
            Report([new(KernelEvents.Links, port.Index)]);
        }
        FakeLinkWriter.Detach(link);
        Routes.RemoveAll(route => route.LinkIndex == link.Index);
        Links.Remove(link.Name);
        Report([new(KernelEvents.Links, link.Index, IsGone: true)]);
        Sysctls.Forget(link.Name);
        link.Parent?.Children.Remove(link);
        foreach (var child in link.Children.ToList())
            child.Home.Remove(child);
        if (link.Peer is { } peer)
        {
            link.Peer = null;
            peer.Peer = null;
            peer.Home.Remove(peer);
        }
    }

    public void EndIfUnheld()
    {
        if (IsNamed || Handles > 0)
            return;
        foreach (var link in Links.Values.ToList())
            Remove(link);
    }

    /// <summary>Queues what the kernel would say; <see cref="FakeKernel.Deliver"/> says it.</summary>
    public void Report(IEnumerable<KernelNotice> notices)
    {
        foreach (var notice in notices)
            Kernel.Report(this, notice);
    }
}
