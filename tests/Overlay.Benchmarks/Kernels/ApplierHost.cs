using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Overlay.Agent;
using Overlay.Agent.Apply;
using Overlay.Agent.Feeds;
using Overlay.Agent.Supervision;
using Overlay.Agent.View;
using Overlay.Core;
using Overlay.Linux;
using Overlay.Testing.Agents;

namespace Overlay.Benchmarks.Kernels;

/// <summary>One host, a namespace, whose passes the benchmark calls itself: the agent's applier without its loop, so that
/// every pass is of a known kind, and tells how many writes it took.</summary>
internal sealed class ApplierHost : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
    private readonly Kernel _kernel;
    private readonly FakeSocketStore _sockets = new();
    private ServiceProvider _services;

    public ApplierHost(Kernel kernel, string name)
    {
        (_kernel, Name) = (kernel, name);
        Space = kernel.Create(name);
        Directory.CreateDirectory(Path.Combine(_directory, "h1", "state"));
        File.WriteAllText(Path.Combine(_directory, "h1", "resolv.conf"), "nameserver 192.0.2.53\n");
        _services = Make();
    }

    public string Name { get; }

    public FakeCluster Cluster { get; } = new();

    public INetNamespace Space { get; }

    public string SandboxName(int number) => $"{Name}-{number}";

    /// <summary>An agent without memory over the same kernel.</summary>
    public void Restart()
    {
        _services.Dispose();
        _services = Make();
    }

    /// <summary>Lays what the control plane holds over the view.</summary>
    public async Task FollowAsync(params string[] partitions)
    {
        var views = _services.GetRequiredService<ViewStore>();
        foreach (var partition in partitions)
            views.Lay(partition, await Cluster.Control.Pull(partition, views.Find(partition).Cursor, CancellationToken.None));
        if (views.Current is not { IsComplete: true, MayDelete: true })
            throw new InvalidOperationException("the view is not whole");
    }

    /// <param name="everything">As on the timer; else as after a change of the view.</param>
    public (double Milliseconds, int Writes) Pass(bool everything)
    {
        var scope = new PassScope(everything, Names: false, ImmutableDictionary<ObjectId, KernelEvents>.Empty);
        var view = _services.GetRequiredService<ViewStore>().Current;
        var applier = _services.GetRequiredService<HostApplier>();
        var start = Stopwatch.GetTimestamp();
        var result = applier.Apply(view, scope);
        applier.Finish(new());
        var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return result.Problems.IsEmpty
            ? (milliseconds, result.Writes)
            : throw new InvalidOperationException(string.Join("; ", result.Problems.Values.Distinct().Take(3)));
    }

    public void Dispose()
    {
        _services.Dispose();
        _sockets.Dispose();
        Space.Dispose();
        foreach (var name in _kernel.Names().Where(n => n == Name || n.StartsWith(Name + "-", StringComparison.Ordinal)))
            _kernel.Delete(name);
        Directory.Delete(_directory, recursive: true);
    }

    private ServiceProvider Make()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IKernel>(_ => new RootedKernel(_kernel, Name));
        services.AddSingleton<ISocketStore>(_sockets);
        services.AddSingleton<IControlPlane>(Cluster.Control);
        services.AddOverlayAgent(TestAgent.Options("h1", "192.0.2.1", _directory));
        return services.BuildServiceProvider();
    }
}
