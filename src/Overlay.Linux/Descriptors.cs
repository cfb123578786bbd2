using static Tmds.Linux.LibC;

namespace Overlay.Linux;

/// <summary>
/// Which numbers descriptors have. libnftables waits for the kernel with select(2), which ends the process at a
/// descriptor of 1024 or more; so what is kept open per namespace lives above that, and the numbers below stay free.
/// </summary>
public static class Descriptors
{
    private const int DuplicateFrom = 1030; // F_DUPFD_CLOEXEC
    private const int SelectLimit = 1024;

    // What other threads may open between the look and the use.
    private const int Margin = 64;

    /// <summary>Moves a descriptor above <see cref="SelectLimit"/>, close-on-exec; where the process may not have so
    /// many it stays what it is. Only for one whose number nobody knows yet.</summary>
    public static int Raise(int descriptor)
    {
        if (descriptor is < 0 or >= SelectLimit)
            return descriptor;
        var raised = fcntl(descriptor, DuplicateFrom, SelectLimit);
        if (raised < 0)
            return descriptor;
        close(descriptor);
        return raised;
    }

    /// <summary>Throws where the next descriptor could be too high for select(2).</summary>
    internal static void RequireLow(string action)
    {
        var next = eventfd(0, EFD_CLOEXEC);
        var error = errno;
        if (next >= 0)
            close(next);
        if (next < 0)
            throw new KernelException(action, error);
        if (next >= SelectLimit - Margin)
            throw new KernelException(action, EMFILE, $"{next} descriptors are open and libnftables can use none above {SelectLimit}; raise the process's limit (LimitNOFILE=65536)");
    }
}
