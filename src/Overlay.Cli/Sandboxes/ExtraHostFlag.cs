using Overlay.Contracts.Records;
using Overlay.Core.Addressing;

namespace Overlay.Cli.Sandboxes;

/// <summary>--add-host NAME:IP, NAME=IP, IPv6 bare or in brackets, or host-gateway.</summary>
internal static class ExtraHostFlag
{
    private const string HostGateway = "host-gateway";

    public static ExtraHost Parse(string text)
    {
        // '=' first: only then may NAME:IPv6 be cut at its first colon.
        var cut = text.IndexOf('=') is var equals and > 0 ? equals : text.IndexOf(':');
        if (cut < 1)
            throw new FormatException($"'{text}' is not NAME:ADDRESS");
        var (name, value) = (text[..cut], text[(cut + 1)..]);
        if (value == HostGateway)
            return new() { Name = name };
        var bare = value is ['[', .., ']'] ? value[1..^1] : value;
        return Address.TryParse(bare, out var address)
            ? new() { Name = name, Address = address }
            : throw new FormatException($"'{value}' in '{text}' is neither an IP address nor {HostGateway}");
    }
}
