namespace Overlay.Linux;

/// <summary>rtnetlink's scopes, of addresses and routes.</summary>
public enum AddressScope : byte
{
    Global = 0,
    Site = 200,
    Link = 253,
    Host = 254,
}
