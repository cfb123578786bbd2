namespace Overlay.Linux;

/// <summary>The kernel of one host: its network namespaces, each named as iproute2 names them.</summary>
public interface IKernel : IDisposable
{
    /// <summary>The namespace this process runs in. Owned by the kernel object; disposing it does nothing.</summary>
    INetNamespace Host { get; }

    /// <summary>Makes a namespace that outlives this process: a bind mount under /run/netns, with its loopback up.
    /// EEXIST when the name is taken. Dispose of the result closes only this process's handle.</summary>
    INetNamespace Create(string name);

    /// <summary>Opens a namespace by name (of <see cref="Create"/>). ENOENT when there is none.</summary>
    INetNamespace Open(string name);

    /// <summary>Opens any nsfs path, e.g. /proc/1234/ns/net.</summary>
    INetNamespace OpenPath(string path);

    INetNamespace OpenPid(int pid);

    /// <summary>Gives a namespace (another) name, as 'ip netns attach' does. EEXIST when the name is taken.</summary>
    void Attach(string name, INetNamespace space);

    /// <summary>Takes the name away. The namespace itself ends, and takes its links along, when no process, socket
    /// or handle holds it any more. ENOENT when there is none.</summary>
    void Delete(string name);

    /// <summary>Every name under the directory, sorted; also names whose mount is gone, so that they can be deleted.</summary>
    IReadOnlyList<string> Names();

    /// <summary>Calls back, on a thread shared by all monitors, when a name may have been given, taken away or given to
    /// another namespace, by anyone. The callback must be quick.</summary>
    IDisposable MonitorNames(Action changed);

    /// <summary>Tries what the data path needs in a namespace of its own, and says what is missing.</summary>
    KernelFeatures Probe();
}
