using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Agent.Feeds;
using Overlay.Agent.Liveness;
using Overlay.Agent.Names;
using Overlay.Agent.Sandboxes;
using Overlay.Agent.View;
using Overlay.Contracts.Agent;
using Overlay.Dns;
using Overlay.Linux;

namespace Overlay.Agent;

public static class AgentServices
{
    /// <summary>
    /// The agent of this host, with its DNS server; it starts with the application's hosted services. The caller adds
    /// <see cref="IKernel"/> and <see cref="Supervision.ISocketStore"/>; Orleans' IGrainFactory is used unless an
    /// <see cref="IControlPlane"/> is added.
    /// </summary>
    public static IServiceCollection AddOverlayAgent(this IServiceCollection services, AgentOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(TaskScheduler.Default);
        services.TryAddSingleton<IControlPlane, GrainControlPlane>();
        services.TryAddSingleton<IClusterMembers, NoClusterMembers>();
        services.AddSingleton<HostLiveness>();
        services.AddSingleton<IHostLiveness>(s => s.GetRequiredService<HostLiveness>());
        services.AddSingleton(options);
        services.AddSingleton<AgentPaths>();
        services.AddSingleton<AgentMetrics>();
        services.AddSingleton<DnsServer>();
        services.AddSingleton<IFeedSource>(s => s.GetRequiredService<IControlPlane>());
        services.AddSingleton(_ => new ViewStore(options.HostName));
        services.AddSingleton<FeedFollower>();
        services.AddSingleton<NameFeed>();
        services.AddSingleton<NameInquiry>();
        services.AddSingleton<HostResolver>();
        services.AddSingleton<HostFacts>();
        services.AddSingleton<HostRegistration>();
        services.AddSingleton<LocalAgent>();
        services.AddSingleton<ILocalAgent>(s => s.GetRequiredService<LocalAgent>());
        AddApplying(services, options);
        services.AddHostedService<AgentStart>();
        services.AddHostedService(s => s.GetRequiredService<ApplyLoop>());
        services.AddHostedService(s => s.GetRequiredService<FeedFollower>());
        services.AddHostedService(s => s.GetRequiredService<HostRegistration>());
        services.AddHostedService(s => s.GetRequiredService<HostLiveness>());
        return services;
    }

    private static void AddApplying(IServiceCollection services, AgentOptions options)
    {
        var mark = new ObjectMark(options.Cluster, options.HostName);
        services.AddSingleton(mark);
        services.AddSingleton(new HostContext
        {
            Name = options.HostName,
            Mark = mark,
            TunnelAddress = options.TunnelAddress,
            VxlanPort = options.VxlanPort,
        });
        services.AddSingleton<Translator>();
        services.AddSingleton<DirtyMarks>();
        services.AddSingleton<CommandSupervisor>();
        services.AddSingleton(s => new AddressProbes(
            s.GetRequiredService<DirtyMarks>().Wake, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<TaskScheduler>()));
        services.AddSingleton(s => new SandboxSpaces(
            s.GetRequiredService<IKernel>(), new NameMarks(s.GetRequiredService<AgentPaths>().NamespaceMarks, mark), s.GetRequiredService<DirtyMarks>().Sandbox));
        services.AddSingleton(s => new SandboxFiles(options.NamespaceFiles, options.HostsFile, new NameMarks(s.GetRequiredService<AgentPaths>().FileMarks, mark)));
        services.AddSingleton(s => new SandboxNames(
            options.HostName, s.GetRequiredService<DnsServer>(), s.GetRequiredService<Supervision.ISocketStore>()));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<SandboxApplier>(s, s.GetRequiredService<IKernel>().Host));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<SandboxEnds>(s, (Action)s.GetRequiredService<DirtyMarks>().Wake));
        services.AddSingleton<HostApplier>();
        services.AddSingleton<ApplyLoop>();
    }

    /// <summary>Reads the last view before anything else: names are answered before there is a control plane.</summary>
    private sealed class AgentStart(AgentPaths paths, NameFeed names, FeedFollower follower, AgentMetrics metrics, ApplyLoop loop, ViewStore views) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(paths.Settings)!);
            foreach (var directory in paths.Written)
                AtomicFile.DropHalves(directory);
            metrics.Observe(() => loop.Applied, () => views.Current);
            follower.ReadMirror();
            GC.KeepAlive(names);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
