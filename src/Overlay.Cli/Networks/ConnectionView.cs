using Overlay.Contracts.Grains;

namespace Overlay.Cli.Networks;

/// <summary>What <c>network connect</c> made.</summary>
internal sealed record ConnectionView(string EndpointId, string Sandbox, string Host, string[] Addresses, string MacAddress, ulong Revision)
{
    public static ConnectionView Of(ConnectReply reply) => new(
        reply.Endpoint.Id.ToString(),
        reply.Endpoint.SandboxName,
        reply.Endpoint.Host,
        [.. reply.Endpoint.Addresses.Select(address => address.ToString())],
        reply.Endpoint.Mac == default ? "" : reply.Endpoint.Mac.ToString(),
        reply.Revision);
}
