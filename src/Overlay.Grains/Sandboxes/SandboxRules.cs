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
        PortRules.Check(request.Ports);
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
        return PortRules.Lead(all, attachments);
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
        var names = attachments.Select(a => EndpointOptions.Parse(a.Options.DriverOptions).InterfaceName).OfType<string>();
        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { Key: var name })
            throw Invalid($"two networks ask for an interface called {name}; give each its own");
    }

    private static RefusalException Invalid(string message) => new(ErrorCodes.InvalidArgument, message);
}
