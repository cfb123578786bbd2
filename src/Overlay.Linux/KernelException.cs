namespace Overlay.Linux;

/// <summary>The kernel refused: what was asked, its error number and, where it gave one, its own explanation.</summary>
public sealed class KernelException : Exception
{
    private const int EPERM = 1, ENOENT = 2, ESRCH = 3, EBUSY = 16, EEXIST = 17, ENODEV = 19, EADDRNOTAVAIL = 99;

    public KernelException(string action, int errno, string? detail = null)
        : this(action, errno, detail, [])
    {
    }

    private KernelException(string action, int errno, string? detail, IReadOnlyList<KernelException> further)
        : base(Text(action, errno, detail, further.Count))
    {
        Action = action;
        Errno = errno;
        Detail = detail;
        Further = further;
    }

    /// <summary>What was being done: 'adding address 10.1.0.2/24 to eth0 in web'.</summary>
    public string Action { get; }

    /// <summary>Linux error number; 0 when nftables refused a script without one.</summary>
    public int Errno { get; }

    /// <summary>The kernel's extended acknowledgement, or nftables' message.</summary>
    public string? Detail { get; }

    /// <summary>What else failed in the same batch, in order.</summary>
    public IReadOnlyList<KernelException> Further { get; }

    /// <summary>The thing was there already, or its name is taken.</summary>
    public bool IsAlreadyThere => Errno is EEXIST or EBUSY;

    /// <summary>The thing, or the link it belongs to, is not there (any more).</summary>
    public bool IsGone => Errno is ENOENT or ESRCH or ENODEV or EADDRNOTAVAIL;

    public bool IsPrivilege => Errno is EPERM;

    /// <summary>One exception for all failures of a batch; null when there were none.</summary>
    public static KernelException? Combine(IReadOnlyList<KernelException> failures) => failures.Count switch
    {
        0 => null,
        1 => failures[0],
        _ => new(failures[0].Action, failures[0].Errno, failures[0].Detail, [.. failures.Skip(1)]),
    };

    private static string Text(string action, int errno, string? detail, int further)
    {
        var reason = errno == 0 ? detail ?? "refused" : ErrnoText.Of(errno) + (detail is null ? "" : $" ({detail})");
        return $"{action}: {reason}" + (further > 0 ? $" (and {further} more)" : "");
    }
}
