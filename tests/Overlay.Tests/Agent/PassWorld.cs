using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Overlay.Agent;
using Overlay.Agent.Apply;
using Overlay.Agent.Feeds;
using Overlay.Agent.Supervision;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Agents;
using Overlay.Testing.Kernels;

namespace Overlay.Tests.Agent;

/// <summary>One host on a fake kernel, whose passes the test calls itself: what each reads, writes and is told is known.</summary>
internal sealed class PassWorld : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-pass-").FullName;
    private readonly FakeSocketStore _sockets = new();
    private readonly ServiceProvider _services;
    private readonly List<KernelNotice> _notices = [];

    public PassWorld()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "h1", "state"));
        File.WriteAllText(Path.Combine(_directory, "h1", "resolv.conf"), "nameserver 192.0.2.53\n");
        Host.Apply([new AddBridge("eth0") { Mtu = 1500, Up = true }, new AddAddress("eth0", Address.Parse("192.0.2.1"), 24)]);
        foreach (var h in new[] { 1, 2 })
            Cluster.Control.Put(Partitions.Hosts, Fields.Host($"h{h}"), new HostRecord { Name = $"h{h}", MachineId = $"{h}", Epoch = "1", UnderlayMtu = 1500, TunnelAddress = Address.Parse($"192.0.2.{h}") });
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IKernel>(_ => Kernel);
        services.AddSingleton<ISocketStore>(_sockets);
        services.AddSingleton<IControlPlane>(Cluster.Control);
        services.AddOverlayAgent(TestAgent.Options("h1", "192.0.2.1", _directory));
        _services = services.BuildServiceProvider();
        Host.Watch(KernelEvents.All, _notices.AddRange);
    }

    public FakeKernel Kernel { get; } = new();

    public INetNamespace Host => Kernel.Host;

    public FakeCluster Cluster { get; } = new();

    /// <summary>Overlay networks, each with one sandbox here and some endpoints elsewhere.</summary>
    public NetworkRecord[] Fill(int networks, int remotes)
    {
        var made = Enumerable.Range(0, networks).Select(n => Cluster.AddNetwork($"n{n}", "overlay", $"10.{40 + n}.0.0/16")).ToArray();
        foreach (var (network, n) in made.Select((network, n) => (network, n)))
        {
            Cluster.Join(network, "h1", 1);
            Cluster.Join(network, "h2", 2);
            Cluster.Connect(Cluster.AddSandbox("h1", $"s{n}"), network, 1000);
            Cluster.Control.PutAll(Partitions.Network(network.Id), Enumerable.Range(0, remotes).Select(i => Cluster.NewEndpoint(Remote($"r{n}x{i}"), network, 2000 + i)).Select(e => (Fields.Endpoint(e.Id), e)));
        }
        return made;
    }

    public SandboxRecord Remote(string name) => new() { Id = Cluster.NewId(), Name = name, Host = "h2", Hostname = name };

    /// <summary>Lays what the control plane holds over the view.</summary>
    public async Task Follow(params NetworkRecord[] networks)
    {
        var views = _services.GetRequiredService<ViewStore>();
        foreach (var partition in AgentWorld.PartitionsOf(networks))
            views.Lay(partition, await Cluster.Control.Pull(partition, views.Find(partition).Cursor, CancellationToken.None));
    }

    /// <summary>A pass that knows what the kernel has reported since the last one.</summary>
    public Outcome Pass(bool everything = false)
    {
        KernelNotice[] notices = [.. _notices];
        _notices.Clear();
        return Pass(everything, notices);
    }

    public Outcome Pass(bool everything, params KernelNotice[] notices)
    {
        var (reads, log) = (Kernel.Reads, Kernel.Log.Count);
        var scope = new PassScope(everything, Names: false, ImmutableDictionary<ObjectId, KernelEvents>.Empty) { Notices = notices };
        var applier = _services.GetRequiredService<HostApplier>();
        var result = applier.Apply(_services.GetRequiredService<ViewStore>().Current, scope);
        applier.Finish(new());
        return new(Kernel.Reads - reads, [.. Kernel.Log.Skip(log)], result.Problems);
    }

    /// <summary>What was reported so far is never heard of.</summary>
    public void DropNotices() => _notices.Clear();

    public void Dispose()
    {
        _services.Dispose();
        _sockets.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    public sealed record Outcome(int Reads, string[] Writes, ImmutableDictionary<ObjectId, string> Problems);
}
