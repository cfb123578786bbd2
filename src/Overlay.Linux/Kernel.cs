using Microsoft.Win32.SafeHandles;
using Overlay.Linux.Monitoring;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Rtnetlink;
using static Tmds.Linux.LibC;

namespace Overlay.Linux;

/// <summary>The running kernel. Holds three threads at most: one that enters namespaces for moments, one that runs
/// nft scripts (long ones must not hold up the first), one for all notifications.</summary>
public sealed class Kernel : IKernel
{
    private readonly string _directory;
    private readonly SafeFileHandle _home;
    private readonly NamespaceTools _tools;
    private readonly NetNamespace _host;

    public Kernel(KernelOptions? options = null)
    {
        _directory = (options ?? new KernelOptions()).NamespaceDirectory;
        _home = NamespaceFiles.Open("/proc/self/ns/net", "opening the host's network namespace");
        _tools = new NamespaceTools(
            new NamespaceWorker(_home, "netns"), new NamespaceWorker(_home, "nftables"), new EventLoop());
        _host = new NetNamespace(_home, "the host", _tools, keepsNft: true);
        Host = new BorrowedNamespace(_host);
    }

    public INetNamespace Host { get; }

    public INetNamespace Create(string name)
    {
        var action = $"making network namespace {name}";
        var path = NamespaceFiles.PathOf(_directory, name);
        NamespaceFiles.Prepare(_directory);
        NamespaceFiles.Reserve(path, action);
        try
        {
            return Make(name, action, path);
        }
        catch
        {
            NamespaceFiles.Remove(path, action);
            throw;
        }
    }

    public INetNamespace Open(string name) =>
        OpenAt(NamespaceFiles.PathOf(_directory, name), name, $"opening network namespace {name}");

    public INetNamespace OpenPath(string path) => OpenAt(path, path, $"opening network namespace {path}");

    public INetNamespace OpenPid(int pid) =>
        OpenAt($"/proc/{pid}/ns/net", $"process {pid}", $"opening the network namespace of process {pid}");

    public void Attach(string name, INetNamespace space)
    {
        var action = $"naming a network namespace {name}";
        var path = NamespaceFiles.PathOf(_directory, name);
        NamespaceFiles.Prepare(_directory);
        NamespaceFiles.Reserve(path, action);
        try
        {
            NamespaceFiles.Mount($"/proc/self/fd/{NamespaceFd.Of(space)}", path, MS_BIND);
        }
        catch
        {
            NamespaceFiles.Remove(path, action);
            throw;
        }
    }

    public void Delete(string name) =>
        NamespaceFiles.Remove(NamespaceFiles.PathOf(_directory, name), $"deleting network namespace {name}");

    public IReadOnlyList<string> Names() => Directory.Exists(_directory)
        ? [.. Directory.EnumerateFiles(_directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)]
        : [];

    public IDisposable MonitorNames(Action changed) => _tools.Events.Add([new MountWatch(_directory)], _ => changed());

    public KernelFeatures Probe() => FeatureProbe.Run(() => Make("a trial namespace", "making a trial network namespace", path: null));

    public void Dispose()
    {
        _host.Dispose();
        _tools.Dispose();
        _home.Dispose();
    }

    private NetNamespace OpenAt(string path, string name, string action)
    {
        var handle = NamespaceFiles.Open(path, action);
        try
        {
            return new NetNamespace(handle, name, _tools);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Without a path the namespace lives as long as its handle.</summary>
    private NetNamespace Make(string name, string action, string? path)
    {
        var (handle, socket) = _tools.Entry.RunAtHome(() =>
        {
            if (unshare(CLONE_NEWNET) < 0)
                throw new KernelException(action, errno);
            if (path is not null)
                NamespaceFiles.Mount("/proc/thread-self/ns/net", path, MS_BIND);
            return (NamespaceFiles.Open("/proc/thread-self/ns/net", action), NetlinkSocket.Open(NetlinkFamily.Route));
        });
        var made = new NetNamespace(handle, name, _tools, socket);
        try
        {
            made.Apply([new SetLink("lo") { Up = true }]);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }
}
