using Overlay.Linux;

namespace Overlay.Testing.Lives;

/// <summary>A kernel, real or fake, as an agent sees it that dies at one of its calls.</summary>
public sealed class MortalKernel(IKernel inner, Lifeline life) : IKernel
{
    public INetNamespace Host { get; } = new MortalNamespace(inner.Host, life);

    public INetNamespace Create(string name) => Opened($"making namespace {name}", () => inner.Create(name), isWrite: true);

    public INetNamespace Open(string name) => Opened($"opening namespace {name}", () => inner.Open(name));

    public INetNamespace OpenPath(string path) => Opened($"opening namespace {path}", () => inner.OpenPath(path));

    public INetNamespace OpenPid(int pid) => Opened($"opening the namespace of {pid}", () => inner.OpenPid(pid));

    public void Attach(string name, INetNamespace space) => Write($"naming a namespace {name}", () => inner.Attach(name, MortalNamespace.Inner(space)));

    public void Delete(string name) => Write($"deleting namespace {name}", () => inner.Delete(name));

    public IReadOnlyList<string> Names() => life.Call("listing namespaces", inner.Names);

    public IDisposable MonitorNames(Action changed) => life.Call("watching namespaces", () => life.Hold(inner.MonitorNames(changed)));

    public KernelFeatures Probe() => inner.Probe();

    public void Dispose()
    {
    }

    private MortalNamespace Opened(string action, Func<INetNamespace> open, bool isWrite = false) =>
        new(life.Call(action, () => life.Hold(open()), isWrite), life);

    private void Write(string action, Action write) => life.Call(action, () =>
    {
        write();
        return 0;
    }, isWrite: true);
}
