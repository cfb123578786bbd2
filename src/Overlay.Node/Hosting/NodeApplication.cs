using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Agent;
using Overlay.Agent.Feeds;
using Overlay.Agent.Liveness;
using Overlay.Agent.Supervision;
using Overlay.Contracts.Agent;
using Overlay.Contracts.Security;
using Overlay.Linux;
using Overlay.Node.Configuration;
using Overlay.Node.LocalApi;
using Overlay.Node.Logging;
using Overlay.Node.Supervision;

namespace Overlay.Node.Hosting;

/// <summary>
/// Puts the process together. Order matters: agent and names start first and from disk, then the way into the cluster,
/// then the local API; 'ready' to the supervisor means that names are answered here, not that the cluster is.
/// </summary>
internal static class NodeApplication
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(10);

    public static IHost Create(NodeOptions options, NotifySocket? notify, Dictionary<string, SafeSocketHandle> inherited, Func<string, string?> environment)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "overlayd" });
        builder.Logging.AddNodeLogging(environment(NodeLogging.Variable));
        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new Supervisor(provider.GetRequiredService<ILogger<Supervisor>>(), notify, inherited));
        services.AddSingleton<ISocketStore>(provider => provider.GetRequiredService<Supervisor>());
        services.AddNodeTelemetry(options, environment);
        if (options.HasAgent)
            services.AddAgent(options);
        services.AddControlPlane(options);
        services.AddLocalApi(options);

        var node = builder.Build();
        TellSupervisor(node.Services);
        return node;
    }

    private static void AddAgent(this IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton<IKernel>(_ => new Kernel());
        services.AddSingleton<IControlPlane, JoinedControlPlane>();
        services.AddSingleton<IClusterMembers>(provider => provider.GetRequiredService<Membership>());
        services.AddOverlayAgent(new AgentOptions
        {
            Cluster = options.Cluster,
            HostName = options.HostName,
            TunnelAddress = options.TunnelAddress!.Value,
            StateDirectory = options.StateDirectory,
            RunDirectory = options.RunDirectory,
            ResolvConf = options.ResolvConf,
            VxlanPort = options.VxlanPort,
            Version = Help.Version,
            Role = options.Role.ToString().ToLowerInvariant(),
        });
    }

    private static void AddControlPlane(this IServiceCollection services, NodeOptions options)
    {
        if (options.Redis is { } redis)
            services.AddSingleton<IClusterStore>(provider => new RedisConnection(options, redis, provider.GetRequiredService<ILogger<RedisConnection>>()));
        else
            services.AddSingleton<IClusterStore>(new EmbeddedStore(options, TimeProvider.System));
        services.AddSingleton<Membership>();
        services.AddSingleton(provider => new SiloFactory(
            options,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILocalAgent>(),
            options.Certificates is { } directory ? MutualTls.Load(directory, MutualTls.HostFile, TimeProvider.System) : null));
        services.AddSingleton<ControlPlane>();
        services.AddHostedService(provider => provider.GetRequiredService<ControlPlane>());
    }

    private static void AddLocalApi(this IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton(provider => new ReadinessProbe(
            options, provider.GetRequiredService<Membership>(), provider.GetRequiredService<IClusterStore>(), provider.GetService<ILocalAgent>()));
        services.AddSingleton<LocalResources>();
        services.AddHostedService<LocalHttpServer>();
    }

    private static void TellSupervisor(IServiceProvider services)
    {
        var supervisor = services.GetRequiredService<Supervisor>();
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(supervisor.Ready);
        lifetime.ApplicationStopping.Register(supervisor.Stopping);
    }
}
