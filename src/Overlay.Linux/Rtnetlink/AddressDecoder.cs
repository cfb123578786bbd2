using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

internal static class AddressDecoder
{
    public static InterfaceAddress? Decode(ReadOnlySpan<byte> payload)
    {
        if (!AttributeReader.TryOpen<AddressHeader>(payload, out var header, out var attributes))
            return null;
        Address? local = null, address = null;
        uint flags = header.Flags;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                // On point-to-point links IFA_ADDRESS is the peer's, and IFA_LOCAL ours; IPv6 has only IFA_ADDRESS.
                case AddressAttribute.Local:
                    local = attributes.Address;
                    break;
                case AddressAttribute.Address:
                    address = attributes.Address;
                    break;
                case AddressAttribute.Flags:
                    flags = attributes.UInt32;
                    break;
            }
        }
        if ((local ?? address) is not { } own)
            return null;
        return new InterfaceAddress
        {
            LinkIndex = header.Index,
            Address = own,
            PrefixLength = header.PrefixLength,
            Scope = (AddressScope)header.Scope,
            IsPermanent = (flags & AddressFlags.Permanent) != 0,
            IsDuplicate = (flags & AddressFlags.DadFailed) != 0,
        };
    }
}
