using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Overlay.Node.Configuration;

namespace Overlay.Node.LocalApi;

/// <summary>What can be asked of this host: GET /health (it lives) and GET /ready (see <see cref="Readiness"/>).</summary>
internal sealed class LocalResources(NodeOptions options, ReadinessProbe probe)
{
    /// <param name="request">The first line: METHOD PATH VERSION.</param>
    public async Task<LocalAnswer> AnswerAsync(string request, CancellationToken cancellation)
    {
        switch (request.Split(' '))
        {
            case ["GET", "/health", _]:
                return Json("200 OK", new Health(true, options.HostName, options.Cluster, Help.Version), LocalApiJson.Default.Health);
            case ["GET", "/ready", _]:
                var readiness = await probe.AskAsync(cancellation);
                return Json(readiness.Ready ? "200 OK" : "503 Service Unavailable", readiness, LocalApiJson.Default.Readiness);
            case [_, _, _]:
                return LocalAnswer.NotFound;
            default:
                return LocalAnswer.BadRequest;
        }
    }

    private static LocalAnswer Json<T>(string status, T answer, JsonTypeInfo<T> type) =>
        new(status, "application/json", JsonSerializer.Serialize(answer, type) + "\n");
}

internal sealed record LocalAnswer(string Status, string ContentType, string Body)
{
    public static readonly LocalAnswer NotFound = new("404 Not Found", "text/plain", "GET /health and GET /ready are all there is\n");
    public static readonly LocalAnswer BadRequest = new("400 Bad Request", "text/plain", "this is no HTTP request\n");

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 {Status}\r\nContent-Type: {ContentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(Body)}\r\nConnection: close\r\n\r\n{Body}");
}
