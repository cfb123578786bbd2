using System.Runtime.InteropServices;

namespace Overlay.Linux;

internal static class ErrnoText
{
    /// <summary>The C library's text; two are ours because its own mislead here.</summary>
    public static string Of(int errno) => errno switch
    {
        1 => "Operation not permitted: this needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN)",
        // The kernel's br_add_if gives EXFULL, "Exchange full", when all BR_MAX_PORTS are used.
        54 => "the bridge has its 1,023 ports already, the most a Linux bridge takes",
        _ => Marshal.GetPInvokeErrorMessage(errno),
    };
}
