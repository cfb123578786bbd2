using System.Collections.Immutable;
using System.Globalization;
using Overlay.Core.Addressing;

namespace Overlay.Core.Ports;

/// <summary>Docker's <c>-p [hostIP:][hostPort[-end]]:containerPort[-end][/tcp|udp]</c>, IPv6 addresses in brackets.</summary>
public static class PortParser
{
    public const string Form = "[hostIP:][hostPort[-end]:]port[-end][/tcp|udp], like 8080:80, 127.0.0.1:8080:80/tcp or [fd00::1]:53:53/udp";

    // A range is one map element per port: enough for passive FTP, too few to fill a host by mistake.
    private const int LongestRange = 4096;

    /// <summary>One mapping per port of the sandbox.</summary>
    /// <exception cref="RefusalException">invalid-argument, showing the form.</exception>
    public static ImmutableArray<PortMapping> Parse(string text)
    {
        var (body, protocol) = SplitProtocol(text);
        var (address, ports) = SplitAddress(text, body);
        var colon = ports.IndexOf(':');
        var sandbox = Range(text, colon < 0 ? ports : ports[(colon + 1)..]);
        if (colon <= 0)
            return Each(sandbox, port => new PortMapping(protocol, address, null, null, port));
        var host = Range(text, ports[..colon]);
        if (sandbox.Length == 1 && host.Length > 1)
            return [new PortMapping(protocol, address, host.First, host.Last, sandbox.First)];
        return host.Length == sandbox.Length
            ? Each(sandbox, port => new PortMapping(protocol, address, host.First + port - sandbox.First, null, port))
            : throw Invalid(text, $"the ranges have {host.Length} and {sandbox.Length} ports; make them equally long");
    }

    /// <summary>A port as <c>--expose</c> and <c>overlay port</c> take it: <c>80</c>, <c>80/udp</c>, <c>8000-8010/tcp</c>.</summary>
    public static ImmutableArray<(string Protocol, int Port)> ParseExposed(string text)
    {
        var (body, protocol) = SplitProtocol(text);
        var range = Range(text, body);
        return [.. Enumerable.Range(range.First, range.Length).Select(port => (protocol, port))];
    }

    private static (string Body, string Protocol) SplitProtocol(string text)
    {
        var slash = text.LastIndexOf('/');
        if (slash < 0)
            return (text, "tcp");
        var protocol = text[(slash + 1)..].ToLowerInvariant();
        return protocol is "tcp" or "udp" ? (text[..slash], protocol) : throw Invalid(text, $"protocol '{protocol}' is neither tcp nor udp");
    }

    private static (Address? Address, string Ports) SplitAddress(string text, string body)
    {
        if (body.StartsWith('['))
        {
            var end = body.IndexOf("]:", StringComparison.Ordinal);
            if (end < 0 || !Address.TryParse(body[1..end], out var v6) || v6.IsV4)
                throw Invalid(text, "no IPv6 address in the brackets");
            return (RequireReachable(text, v6), body[(end + 2)..]);
        }
        var parts = body.Split(':');
        if (parts.Length > 3)
            throw Invalid(text, "too many colons (an IPv6 address goes in brackets)");
        if (parts.Length < 3)
            return (null, body);
        return Address.TryParse(parts[0], out var address)
            ? (address, $"{parts[1]}:{parts[2]}")
            : throw Invalid(text, $"'{parts[0]}' is no IP address of a host");
    }

    private static Address RequireReachable(string text, Address address) => address.Value != 1
        ? address
        : throw new RefusalException(
            ErrorCodes.InvalidArgument,
            $"'{text}': a port cannot be published on ::1, because the kernel forwards nothing that is addressed to IPv6 loopback; use 127.0.0.1, or an address of the host",
            ("port", text));

    private static PortRange Range(string text, string part)
    {
        var dash = part.IndexOf('-');
        var first = Port(text, dash < 0 ? part : part[..dash]);
        var last = dash < 0 ? first : Port(text, part[(dash + 1)..]);
        if (last < first)
            throw Invalid(text, $"the range {part} goes backwards");
        return last - first < LongestRange ? new(first, last) : throw Invalid(text, $"the range {part} has more than {LongestRange} ports");
    }

    private static int Port(string text, string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? port
            : throw Invalid(text, digits.Length == 0 ? "a port is missing" : $"'{digits}' is not a port from 1 to 65535");

    private static ImmutableArray<PortMapping> Each(PortRange range, Func<int, PortMapping> make) =>
        [.. Enumerable.Range(range.First, range.Length).Select(make)];

    private static RefusalException Invalid(string text, string why) =>
        new(ErrorCodes.InvalidArgument, $"'{text}': {why}; the form is {Form}", ("port", text));

    private readonly record struct PortRange(int First, int Last)
    {
        public int Length => Last - First + 1;
    }
}
