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

    /// <summary>Forwarding was switched on or off for the whole namespace (netconf).</summary>
    Forwarding = 256,

    /// <summary>A table of nftables is gone, told before the end of its transaction (<see cref="Nftables"/>) and to whoever
    /// listens to these: what it translated passes
    /// untranslated until it is back.</summary>
    TableGone = 512,

    All = Links | Addresses | Neighbours | Fdb | Routes | Nftables | Forwarding,
}
