using System.Text.Json;
using System.Text.Json.Serialization;

namespace Overlay.Contracts.Client;

/// <summary>
/// How to reach one cluster: its gateways, the certificates that open them, and, for a lab, how to enter its hosts.
/// </summary>
/// <param name="Gateways">Orleans gateways as ADDRESS:PORT; any of them will do.</param>
/// <param name="Certificates">Directory with ca.crt, client.crt and client.key (PEM).</param>
/// <param name="Hosts">
/// By host name; only hosts whose namespaces can be entered from here. A host that is not listed is a real one.
/// </param>
/// <param name="Lab">The lab that wrote this context, and takes it away with itself.</param>
public sealed record OverlayContext(
    string Name,
    string Cluster,
    IReadOnlyList<string> Gateways,
    string Certificates,
    IReadOnlyDictionary<string, ContextHost> Hosts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Lab = null)
{
    public string ToJson() => JsonSerializer.Serialize(this, ContextJson.Default.OverlayContext);
}

/// <param name="Enter">The words to put before a command so that it runs inside the host.</param>
public sealed record ContextHost(IReadOnlyList<string> Enter);
