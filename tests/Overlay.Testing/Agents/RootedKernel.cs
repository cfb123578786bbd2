using Overlay.Linux;

namespace Overlay.Testing.Agents;

/// <summary>A kernel whose host is a namespace: several hosts on one machine.</summary>
public sealed class RootedKernel(IKernel inner, string host) : IKernel
{
    public INetNamespace Host { get; } = inner.Open(host);

    public INetNamespace Create(string name) => inner.Create(name);

    public INetNamespace Open(string name) => inner.Open(name);

    public INetNamespace OpenPath(string path) => inner.OpenPath(path);

    public INetNamespace OpenPid(int pid) => inner.OpenPid(pid);

    public void Attach(string name, INetNamespace space) => inner.Attach(name, space);

    public void Delete(string name) => inner.Delete(name);

    public IReadOnlyList<string> Names() => inner.Names();

    public IDisposable MonitorNames(Action changed) => inner.MonitorNames(changed);

    public KernelFeatures Probe() => inner.Probe();

    public void Dispose() => Host.Dispose();
}
