using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Overlay.Contracts.Agent;
using Overlay.Node.Configuration;
using Overlay.Node.Hosting;

namespace Overlay.Node.LocalApi;

/// <summary>HTTP on RUN_DIR/agent.sock, for this host's administrator and supervisor: GET /health, GET /ready.</summary>
internal static class LocalHttp
{
    public const string SocketName = "agent.sock";

    public static void AddLocalHttp(this WebApplicationBuilder builder, NodeOptions options)
    {
        builder.Services.AddSingleton(provider => new ReadinessProbe(
            options, provider.GetRequiredService<Membership>(), provider.GetRequiredService<RedisConnection>(), provider.GetService<ILocalAgent>()));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.ListenUnixSocket(Path.Combine(options.RunDirectory, SocketName));
            server.AddServerHeader = false;
            server.Limits.MaxConcurrentConnections = 32;
            server.Limits.MaxRequestBodySize = 0;
        });
        builder.WebHost.UseSockets(transport => transport.CreateBoundListenSocket = endpoint =>
            endpoint is UnixDomainSocketEndPoint local
                ? LocalSocket.Bind(local.ToString())
                : throw new InvalidOperationException($"the local API listens on a Unix socket only, not on {endpoint}"));
    }

    public static void MapLocalHttp(this WebApplication app, NodeOptions options)
    {
        var probe = app.Services.GetRequiredService<ReadinessProbe>();
        app.Run(async context =>
        {
            switch (context.Request.Method, context.Request.Path.Value)
            {
                case ("GET", "/health"):
                    await Answer(context, 200, new Health(true, options.HostName, options.Cluster, Help.Version), LocalApiJson.Default.Health);
                    break;
                case ("GET", "/ready"):
                    var readiness = await probe.AskAsync(context.RequestAborted);
                    await Answer(context, readiness.Ready ? 200 : 503, readiness, LocalApiJson.Default.Readiness);
                    break;
                default:
                    context.Response.StatusCode = 404;
                    await context.Response.WriteAsync("GET /health and GET /ready are all there is\n");
                    break;
            }
        });
    }

    private static async Task Answer<T>(HttpContext context, int status, T answer, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer, type), context.RequestAborted);
    }
}
