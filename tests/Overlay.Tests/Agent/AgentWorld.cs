using System.Text;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Agents;
using Overlay.Testing.Kernels;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>One host on a fake kernel, with an uplink that is not ours, and a cluster that tells it what to be.</summary>
internal sealed class AgentWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-agent-").FullName;
    private readonly List<TestAgent> _agents = [];

    public AgentWorld(FakeCluster? cluster = null)
    {
        Cluster = cluster ?? new FakeCluster();
        Directory.CreateDirectory(Path.Combine(_directory, "h1"));
        File.WriteAllText(Options.ResolvConf, "nameserver 192.0.2.53\n");
        Kernel.Host.Apply([new AddBridge("eth0") { Mtu = 1500, Up = true }, new AddAddress("eth0", Address.Parse("192.0.2.1"), 24)]);
    }

    public FakeKernel Kernel { get; } = new();

    public FakeCluster Cluster { get; }

    public FakeSocketStore Sockets { get; } = new();

    public Overlay.Agent.AgentOptions Options => TestAgent.Options("h1", "192.0.2.1", _directory) with { ResyncInterval = TimeSpan.FromMinutes(5), Processes = _directory };

    /// <summary>An overlay network with a sandbox here and one on another host, and a bridge network with a published port.</summary>
    public static (SandboxRecord Sandbox, NetworkRecord[] Networks) Fill(FakeCluster cluster)
    {
        cluster.Control.Put(Partitions.Hosts, Fields.Host("h2"), new HostRecord
        {
            Name = "h2", MachineId = "2", TunnelAddress = Address.Parse("192.0.2.2"), UnderlayMtu = 1500, Epoch = "2",
        });
        var shop = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24", "fd40::/64");
        var front = cluster.AddNetwork("front", "bridge", "10.41.0.0/24");
        cluster.Join(shop, "h1", 1);
        cluster.Join(shop, "h2", 2);
        cluster.Join(front, "h1", 1);
        // Whether a port is free is asked of the machine that the tests run on: one that hardly any program has.
        var web = cluster.AddSandbox("h1", "web", s => s with { Ports = [FakeCluster.Port(Random.Shared.Next(20_000, 30_000), 80)] });
        cluster.Connect(web, shop, 11);
        cluster.Connect(web, front, 11);
        cluster.Connect(new SandboxRecord { Id = cluster.NewId(), Name = "db", Host = "h2", Hostname = "db" }, shop, 12);
        return (web, [shop, front]);
    }

    public async Task<TestAgent> StartAgent(TimeSpan? resync = null)
    {
        var agent = await TestAgent.StartAsync(Options with { ResyncInterval = resync ?? Options.ResyncInterval }, Kernel, Cluster.Control, Sockets);
        _agents.Add(agent);
        await Cluster.Control.FirstRegistration.WaitAsync(Patience);
        return agent;
    }

    public static string[] PartitionsOf(params NetworkRecord[] networks) =>
        [Partitions.Hosts, Partitions.Roster("h1"), .. networks.Select(n => Partitions.Network(n.Id))];

    /// <summary>Waits until the host has told the cluster this of itself.</summary>
    public async Task Registered(Func<HostRecord, bool> condition)
    {
        var changed = new SemaphoreSlim(0);
        Cluster.Control.Changed += Look;
        while (Cluster.Control.LastRegistered is not { } host || !condition(host))
            Assert.True(await changed.WaitAsync(Patience), $"the host never registered what was waited for; its routes are {string.Join(", ", Cluster.Control.LastRegistered?.Routes ?? [])}");
        Cluster.Control.Changed -= Look;

        void Look(string partition, ulong revision) => changed.Release();
    }

    /// <summary>Looks again after each write to the host's namespace.</summary>
    public async Task Until(Func<bool> condition)
    {
        var changed = new SemaphoreSlim(0);
        using var monitor = Kernel.Host.Monitor(KernelEvents.All, _ => changed.Release());
        while (!condition())
            Assert.True(await changed.WaitAsync(Patience), "the kernel never came to the state that was waited for");
    }

    /// <summary>All that the kernel holds, without what differs from one fake kernel to the next.</summary>
    public string Dump() => Dump(Kernel);

    public static string Dump(FakeKernel kernel)
    {
        var text = new StringBuilder();
        foreach (var space in kernel.Names().Select(kernel.Open).Prepend(kernel.Host))
            Dump(text, space);
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
            await agent.DisposeAsync();
        Sockets.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void Dump(StringBuilder text, INetNamespace space)
    {
        text.Append("== ").AppendLine(space.Name);
        var links = space.DumpLinks().OrderBy(l => l.Name, StringComparer.Ordinal).ToList();
        string NameOf(int index) => links.FirstOrDefault(l => l.Index == index)?.Name ?? "-";
        var lines = links.Select(l => $"{l.Name} {l.Kind} {l.Mtu} {(l.IsUp ? "up" : "down")} of {NameOf(l.Master)} {l.Alias} {l.Vxlan} {l.Port}")
            .Concat(space.DumpAddresses().Select(a => $"{NameOf(a.LinkIndex)} has {a.Address}/{a.PrefixLength}"))
            .Concat(space.DumpRoutes().Select(r => $"{r.Destination} via {r.Via} on {NameOf(r.LinkIndex)} from {r.PreferredSource}"))
            .Concat(space.DumpNeighbours().Select(n => $"{n.Address} is {n.Mac} on {NameOf(n.LinkIndex)} {n.State}"))
            .Concat(space.DumpFdb().Where(f => f.Destination is not null || f.IsStatic).Select(f => $"{f.Mac} behind {NameOf(f.LinkIndex)} {NameOf(f.Bridge)} {f.Destination} {f.IsSticky}"));
        foreach (var line in lines.Order(StringComparer.Ordinal))
            text.AppendLine(line);
        // The port that names are answered at is the kernel's choice.
        var table = space.Nftables.List("inet overlay") ?? "";
        text.AppendLine(System.Text.RegularExpressions.Regex.Replace(table, @"(set|sport) \d{4,5}\b", "$1 PORT"));
        foreach (var name in new[] { "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/bridge/bridge-nf-call-iptables" })
            text.Append(name).Append(' ').AppendLine(space.ReadSysctl(name));
    }
}
