using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Overlay.Agent;
using Overlay.Agent.Feeds;
using Overlay.Agent.Supervision;
using Overlay.Contracts.Agent;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Testing.Agents;

/// <summary>One agent as overlayd would host it, over a kernel and a control plane of the test's choice.</summary>
public sealed class TestAgent : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServiceProvider _services;
    private readonly IHostedService[] _hosted;
    private readonly FakeControlPlane _control;

    private TestAgent(ServiceProvider services, FakeControlPlane control)
    {
        _services = services;
        _control = control;
        _hosted = [.. services.GetServices<IHostedService>()];
        Local = services.GetRequiredService<ILocalAgent>();
        control.Changed += Hint;
    }

    public ILocalAgent Local { get; }

    public static AgentOptions Options(string host, string tunnel, string directory) => new()
    {
        Cluster = "test",
        HostName = host,
        TunnelAddress = Address.Parse(tunnel),
        StateDirectory = Path.Combine(directory, host, "state"),
        RunDirectory = Path.Combine(directory, host, "run"),
        NamespaceFiles = Path.Combine(directory, host, "netns"),
        ResolvConf = Path.Combine(directory, host, "resolv.conf"),
        ResolvedConf = Path.Combine(directory, host, "resolved.conf"),
        DriftDelay = TimeSpan.FromMilliseconds(20),
        StopGrace = TimeSpan.FromSeconds(2),
    };

    public static async Task<TestAgent> StartAsync(AgentOptions options, IKernel kernel, FakeControlPlane control, ISocketStore store)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(_ => kernel);
        // As an instance: a supervisor outlives the agent, and so must its store.
        services.AddSingleton(store);
        services.AddSingleton<IControlPlane>(control);
        services.AddOverlayAgent(options);
        var agent = new TestAgent(services.BuildServiceProvider(), control);
        foreach (var hosted in agent._hosted)
            await hosted.StartAsync(CancellationToken.None);
        return agent;
    }

    /// <summary>Waits until the agent has applied all that the control plane holds of these partitions.</summary>
    public Task Applied(ObjectId? sandbox, params string[] partitions) => Local.WaitApplied(
        [.. partitions.Select(p => new PartitionRevision(p, _control.RevisionOf(p)))], sandbox, Patience, CancellationToken.None);

    /// <summary>As SIGKILL would: nothing is put back, the kernel stays as it is.</summary>
    public async ValueTask DisposeAsync()
    {
        _control.Changed -= Hint;
        foreach (var hosted in _hosted.Reverse())
            await hosted.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    private void Hint(string partition, ulong revision) => Local.Hint(partition, revision);
}
