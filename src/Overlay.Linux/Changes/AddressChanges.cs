using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>IPv4 gets the subnet's broadcast address; IPv6 is usable at once (duplicate detection off, it would
/// cost 1.9 s). EEXIST when the link has it.</summary>
public sealed record AddAddress(string Link, Address Address, int PrefixLength) : KernelChange
{
    /// <summary>The kernel makes no route to the subnet for this address.</summary>
    public bool NoPrefixRoute { get; init; }

    public AddressScope Scope { get; init; }

    public override string ToString() => $"adding address {Address}/{PrefixLength} to {Link}";
}

/// <summary>EADDRNOTAVAIL when the link does not have it.</summary>
public sealed record RemoveAddress(string Link, Address Address, int PrefixLength) : KernelChange
{
    public override string ToString() => $"removing address {Address}/{PrefixLength} from {Link}";
}
