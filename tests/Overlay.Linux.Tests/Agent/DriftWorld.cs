using System.Diagnostics;
using Overlay.Agent;
using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>
/// Two hosts with an overlay network, the first with a bridge network as well, whose sandbox is on both; and beside all
/// that, on the first host and in the sandbox, what others have set up. One world for many kinds of drift, one after the
/// other: each must leave everything as it was.
/// </summary>
public abstract class DriftWorld : IAsyncLifetime
{
    private TwoHosts _world = null!;
    private readonly Kernel _kernel = new();
    private INetNamespace? _host, _inside;
    private string[]? _settings;
    private TestAgent? _agent;
    private (string From, string To)[] _words = [];
    private string _sandbox = "";
    private string _before = "";

    /// <summary>How the agent hears of drift.</summary>
    private protected abstract AgentOptions Hearing(AgentOptions options);

    public async Task InitializeAsync()
    {
        _world = new TwoHosts();
        _settings = null;
        var cluster = _world.Cluster;
        Run("ip link add lan0 address 02:00:00:00:00:44 type bridge && ip addr add 198.51.100.1/24 dev lan0 && ip link set lan0 up && ip addr add 192.0.2.101/24 dev eth0"
            + " && ip route add 203.0.113.0/25 via 192.0.2.9 && ip neigh add 192.0.2.200 lladdr 02:00:00:00:00:55 dev eth0 nud permanent"
            + " && sysctl -qw net.ipv6.conf.eth0.accept_ra=1");
        _agent = await _world.StartAgent(1, with: Hearing);
        var other = await _world.StartAgent(2);
        var (shop, front) = (cluster.AddNetwork("shop", "overlay", "10.40.0.0/24", "fd40::/64"), cluster.AddNetwork("front", "bridge", "10.41.0.0/24", "fd41::/64"));
        cluster.Join(shop, "h1", 1);
        cluster.Join(shop, "h2", 2);
        cluster.Join(front, "h1", 1);
        var (a, b) = (cluster.AddSandbox("h1", _world.Name("a"), s => s with { Ports = [FakeCluster.Port(8080, 80), FakeCluster.Port(9000, 90, "udp")] }), cluster.AddSandbox("h2", _world.Name("b")));
        var (here, there) = (cluster.Connect(a, shop, 11), cluster.Connect(b, shop, 12));
        cluster.Connect(a, front, 11);
        await _agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(shop.Id), Partitions.Network(front.Id), Partitions.Hosts);
        await other.Applied(b.Id, Partitions.Roster("h2"), Partitions.Network(shop.Id), Partitions.Hosts);
        _sandbox = a.Name;
        _words =
        [
            ("BRIDGE", "obr" + shop.Id.LinkSuffix), ("TUNNEL", "ovx" + shop.Id.LinkSuffix), ("VETH", "ove" + here.Id.LinkSuffix),
            ("FRONT", "obr" + front.Id.LinkSuffix), ("REMOTE-MAC", there.Mac.ToString()), ("SANDBOX", a.Name), ("ETH-SHOP", LinkWith("10.40.0.11")), ("ETH-FRONT", LinkWith("10.41.0.11")),
            ("FILES", Path.Combine(_world.Options(1).NamespaceFiles, a.Name)),
        ];
        Run("nft -f - <<'END'\ntable inet mine { set s { type ipv4_addr; elements = { 192.0.2.55 }; }\n chain in { type filter hook input priority 0; ip saddr @s drop; }\n}\nEND");
        Shell.Run($"ip -n {_sandbox} addr add 172.31.0.1/32 dev lo");
        (_host, _inside) = (_kernel.Open(_world.Host(1)), _kernel.Open(_sandbox));
        Shell.Until(Reaches);
        _before = State();
    }

    public async Task DisposeAsync()
    {
        await Leave();
        _kernel.Dispose();
    }

    /// <summary>Returns how long it took until all was as before.</summary>
    public async Task<TimeSpan> Repair(string command)
    {
        // What one kind of drift has left must not fail the next.
        if (State() != _before)
        {
            await Leave();
            await InitializeAsync();
        }
        var repaired = _agent!.Local.Status().DriftRepaired;

        Run(_words.OrderByDescending(w => w.From.Length).Aggregate(command, (text, word) => text.Replace(word.From, word.To, StringComparison.Ordinal)));

        var since = Stopwatch.GetTimestamp();
        // The counter first: before the agent has looked, what was damaged and put back by the command itself is equal too.
        var isBack = SpinWait.SpinUntil(() => _agent.Local.Status().DriftRepaired > repaired && State() == _before, TimeSpan.FromSeconds(20));
        var took = Stopwatch.GetElapsedTime(since);
        Assert.Equal(_before, State());
        Assert.True(isBack, "nothing was counted as repaired");
        Shell.Until(Reaches);
        Shell.Until(() => _agent.Local.Status().Problems.IsEmpty);
        return took;
    }

    private async Task Leave()
    {
        _host?.Dispose();
        _inside?.Dispose();
        await _world.DisposeAsync();
    }

    private string LinkWith(string address) => Shell.Run($"ip -n {_sandbox} -br addr | grep -F {address}/ | cut -d@ -f1").Trim();

    private bool Reaches() => Shell.Try($"ip netns exec {_sandbox} ping -c 1 -W 1 10.40.0.12 && ip netns exec {_sandbox} ping -c 1 -W 1 fd40::c").Code == 0;

    // 'ip netns exec' would have mounts of its own.
    private void Run(string command) => Shell.Run($"nsenter --net=/run/netns/{_world.Host(1)} sh -ec '\n{command.Replace("'", "'\\''", StringComparison.Ordinal)}'");

    private string State() => KernelText.Of(_host!, _kernel.Host.Id, ["inet overlay", "bridge overlay", "inet mine"], Settings)
        + KernelText.Of(_inside!, IdOf(_sandbox), ["inet overlay"], ["net/ipv6/conf/eth0/disable_ipv6", "net/ipv6/conf/eth1/disable_ipv6"])
        + Read("hosts") + Read("resolv.conf");

    private string[] Settings => _settings ??=
    [
        "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv6/conf/eth0/accept_ra",
        "net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables",
        .. from word in _words
           where word.From is "BRIDGE" or "TUNNEL" or "VETH" or "FRONT"
           from name in new[] { "ipv4/conf/{0}/route_localnet", "ipv6/conf/{0}/accept_ra", "ipv6/conf/{0}/accept_dad", "ipv6/conf/{0}/disable_ipv6" }
           select "net/" + string.Format(name, word.To),
    ];

    private NamespaceId? IdOf(string name)
    {
        try
        {
            using var space = _kernel.Open(name);
            return space.Id;
        }
        catch (KernelException)
        {
            return null;
        }
    }

    private string Read(string file)
    {
        var path = Path.Combine(_world.Options(1).NamespaceFiles, _sandbox, file);
        return File.Exists(path) ? File.ReadAllText(path) : $"no {file}\n";
    }
}
