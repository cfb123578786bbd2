using Overlay.Linux;
using Overlay.Testing.Kernels;

namespace Overlay.Tests.Faults;

/// <summary>A way for a kernel call not to do what it should.</summary>
/// <param name="Errno">What the caller sees.</param>
internal sealed record Fault(string Name, int Errno)
{
    private static readonly Fault[] OfCalls = [new("no memory", Testing.Kernels.Errno.ENOMEM), new("busy", Testing.Kernels.Errno.EBUSY), new("no buffers", Testing.Kernels.Errno.ENOBUFS)];

    private static readonly Fault[] OfChanges =
    [
        .. OfCalls, new("is there", Testing.Kernels.Errno.EEXIST),
        new("its acknowledgement is lost", Testing.Kernels.Errno.ENOBUFS) { TakesEffect = true },
        new("its link is deleted just before", 0) { LosesLink = true },
    ];

    /// <summary>It did what it should, and the caller does not know.</summary>
    public bool TakesEffect { get; init; }

    public bool LosesLink { get; init; }

    /// <summary>The same fault always has the same words.</summary>
    public bool IsSure => !LosesLink;

    /// <summary>Those that an operation can have.</summary>
    public static IReadOnlyList<Fault> Of(string operation) => Enum.TryParse<FakeOperation>(operation, out _) ? OfCalls : OfChanges;

    public int Strike(FakeCall call)
    {
        if (LosesLink)
            call.LoseLink();
        return TakesEffect ? -Errno : Errno;
    }

    /// <summary>As the agent must report it.</summary>
    public string Words => new KernelException("", Errno).Message[2..];

    public override string ToString() => Name;
}
