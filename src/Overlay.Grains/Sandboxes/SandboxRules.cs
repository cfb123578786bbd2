using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Networks;
using Overlay.Grains.Networks;

namespace Overlay.Grains.Sandboxes;

/// <summary>An attachment with the network it names.</summary>
internal sealed record Attachment(NetworkRecord Network, ConnectOptions Options);

/// <summary>What a new sandbox may ask for. Pure.</summary>
internal static class SandboxRules
{
    private static readonly ImmutableArray<string> RestartPolicies = ["no", "on-failure", "always", "unless-stopped"];

    public static void Check(CreateSandbox request)
    {
        if (request.Name is not null)
            ObjectName.RequireUnlikeId("sandbox", request.Name);
        if (request.Hostname is not null)
            ObjectName.Require("host", request.Hostname);
        RequireWords("--add-host", request.ExtraHosts.Select(e => e.Name));
        RequireWords("--dns-search", request.DnsSearch);
        RequireWords("--dns-option", request.DnsOptions);
        // on-failure may say how often: on-failure:3.
        if (!RestartPolicies.Contains(request.Restart.Split(':')[0]))
            throw Invalid($"no restart policy '{request.Restart}'; the policies are {string.Join(", ", RestartPolicies)}");
        if (request.RemoveOnExit && request.Restart != "no")
            throw Invalid("a sandbox cannot be both removed and restarted when its command ends; leave --rm or --restart out");
        foreach (var port in request.Ports)
        {
            if (port.Protocol is not ("tcp" or "udp"))
                throw Invalid($"protocol '{port.Protocol}' is neither tcp nor udp");
            if (port.HostAddress is { IsV4: false, Value: var value } && value == 1)
                throw Invalid("a port cannot be published on ::1, because the kernel forwards nothing that is addressed to IPv6 loopback; use 127.0.0.1, or an address of the host");
        }
    }

    // They become words of the sandbox's hosts and resolv.conf: a blank or a new line would be another entry there.
    private static void RequireWords(string flag, IEnumerable<string> words)
    {
        foreach (var word in words.Where(w => w.Length is 0 or > 255 || w.Any(c => !char.IsAscii(c) || char.IsWhiteSpace(c) || char.IsControl(c) || c == '#')))
            throw Invalid($"'{string.Concat(word.Take(40).Select(c => char.IsControl(c) ? '?' : c))}' cannot stand in {flag}: it takes one word of up to 255 ASCII characters, without blanks, new lines or #");
    }

    /// <summary>The ports to publish, and where: they lead to the network that holds the default gateway.</summary>
    public static ImmutableArray<PortRequest> PortsOf(CreateSandbox request, ImmutableArray<Attachment> attachments)
    {
        var all = request.PublishAll
            ? request.Ports.AddRange(request.Exposed
                .Where(e => !request.Ports.Any(p => p.SandboxPort == e.Port && p.Protocol == e.Protocol))
                .Select(e => new PortRequest { Protocol = e.Protocol, SandboxPort = e.Port }))
            : request.Ports;
        if (all.IsEmpty)
            return all;
        var gateway = GatewayOf(attachments) ?? throw new RefusalException(
            ErrorCodes.Unsupported,
            $"ports cannot be published on {string.Join(", ", attachments.Select(a => $"'{a.Network.Name}'"))}: no network of the sandbox leads outside; connect one that is not internal, or leave -p out");
        if (!Drivers.HasPorts(gateway.Driver))
        {
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"ports cannot be published on network '{gateway.Name}': with driver {gateway.Driver} the sandbox is on the physical network itself, and all of its ports are reachable there; leave -p out",
                ("network", gateway.Name));
        }
        return gateway.Options.TryGetValue(DriverOptions.HostBindingIpv4, out var binding)
            ? [.. all.Select(p => p with { HostAddress = p.HostAddress ?? Core.Addressing.Address.Parse(binding) })]
            : all;
    }

    public static ConnectEndpoint EndpointOf(SandboxEntry sandbox, string hostname, ConnectOptions options, DateTimeOffset? after) => new()
    {
        Sandbox = sandbox.Id,
        SandboxName = sandbox.Name,
        Host = sandbox.Host,
        Hostname = hostname,
        Options = options,
        After = after,
    };

    public static void CheckAttachments(ImmutableArray<Attachment> attachments)
    {
        foreach (var attachment in attachments)
            ConnectRules.Check(attachment.Network, attachment.Options);
        if (attachments.GroupBy(a => a.Network.Id).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Invalid($"network '{twice.First().Network.Name}' is named twice; name it once");
    }

    // As Docker: the highest priority wins, then the first name; internal networks lead nowhere.
    private static NetworkRecord? GatewayOf(ImmutableArray<Attachment> attachments) => attachments
        .Where(a => !a.Network.Internal)
        .OrderByDescending(a => a.Options.GatewayPriority).ThenBy(a => a.Network.Name, StringComparer.Ordinal)
        .FirstOrDefault()?.Network;

    private static RefusalException Invalid(string message) => new(ErrorCodes.InvalidArgument, message);
}
