using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>An address of a link.</summary>
public sealed record InterfaceAddress
{
    public required int LinkIndex { get; init; }

    public required Address Address { get; init; }

    public required int PrefixLength { get; init; }

    public AddressScope Scope { get; init; }

    /// <summary>Set by an administrator or program, not by router advertisements or link-local generation.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>IPv6: another node answered for it; the kernel does not use it.</summary>
    public bool IsDuplicate { get; init; }
}
