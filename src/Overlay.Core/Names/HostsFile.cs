using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Core.Names;

/// <summary>One line of a hosts file.</summary>
public sealed record HostsEntry(Address Address, params IReadOnlyList<string> Names);

/// <summary>A sandbox's hosts file: what it knows before any DNS.</summary>
public static class HostsFile
{
    /// <summary>Stands for the address at which a sandbox reaches its host, in <c>--add-host name:host-gateway</c>.</summary>
    public const string HostGateway = "host-gateway";

    private static readonly HostsEntry[] Fixed =
    [
        new(Address.Parse("127.0.0.1"), "localhost"),
        new(Address.Parse("::1"), "localhost", "ip6-localhost", "ip6-loopback"),
        new(Address.Parse("fe00::"), "ip6-localnet"),
        new(Address.Parse("ff00::"), "ip6-mcastprefix"),
        new(Address.Parse("ff02::1"), "ip6-allnodes"),
        new(Address.Parse("ff02::2"), "ip6-allrouters"),
    ];

    /// <param name="added">The user's entries; they come first, because the first match wins.</param>
    /// <param name="own">The sandbox's own addresses with its hostname and name.</param>
    public static string Render(IEnumerable<HostsEntry> added, IEnumerable<HostsEntry> own)
    {
        var text = new StringBuilder();
        foreach (var entry in Fixed.Concat(added).Concat(own))
            text.Append(entry.Address).Append('\t').AppendJoin(' ', entry.Names).Append('\n');
        return text.ToString();
    }

    /// <summary>
    /// Reads <c>name:address</c> or <c>name=address</c>; IPv6 bare or in brackets, or <see cref="HostGateway"/>, which
    /// becomes <paramref name="hostGateways"/>: an entry for each.
    /// </summary>
    public static IReadOnlyList<HostsEntry> ParseAdded(string text, IReadOnlyList<Address> hostGateways)
    {
        var separator = text.IndexOfAny(['=', ':']);
        if (separator <= 0)
            throw Refused(text, "there is no name and address");
        var name = text[..separator];
        var target = text[(separator + 1)..];
        if (name.Length > 253 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw Refused(text, $"'{name}' is no host name");
        if (target == HostGateway)
        {
            return hostGateways.Count > 0
                ? [.. hostGateways.Select(gateway => new HostsEntry(gateway, name))]
                : throw Refused(text, "the sandbox has no way to its host");
        }
        if (target is ['[', .., ']'])
            target = target[1..^1];
        return Address.TryParse(target, out var address)
            ? [new HostsEntry(address, name)]
            : throw Refused(text, $"'{target}' is no address");
    }

    private static RefusalException Refused(string text, string reason) => new(
        ErrorCodes.InvalidArgument,
        $"'{text}' cannot be added as a host: {reason}; write name:address, name=address, name:[v6] or name:{HostGateway}",
        ("host", text));
}
