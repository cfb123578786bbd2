namespace Overlay.Linux;

[Flags]
public enum KernelEvents
{
    None = 0,
    Links = 1,
    Addresses = 2,
    Neighbours = 4,
    Fdb = 8,
    Routes = 16,
    Nftables = 32,

    /// <summary>The kernel dropped notifications (ENOBUFS): anything may have changed.</summary>
    Overrun = 64,

    /// <summary>Names of namespaces; only <see cref="IKernel.MonitorNames"/> looks at them.</summary>
    Names = 128,

    All = Links | Addresses | Neighbours | Fdb | Routes | Nftables,
}
