using System.Net;
using Overlay.Agent;
using Overlay.Contracts.Records;
using Overlay.Testing;
using Overlay.Testing.Agents;
using Overlay.Testing.Lives;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>
/// One host in a namespace of its own. Two sandboxes, the others, live on it from beginning to end; a round sets up two
/// more networks, an overlay and a bridge, with a sandbox on both that publishes a port, and takes them away.
/// </summary>
internal sealed class MortalHost : IDisposable
{
    public static readonly IPAddress OtherAddress = IPAddress.Parse("10.43.0.12");

    private const int TurnsToSettle = 40;

    private readonly Kernel _kernel = new();
    private readonly string _unique = Guid.NewGuid().ToString("N")[..6];
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-deaths-").FullName;
    private readonly FakeCluster _cluster = new();
    private readonly FakeSocketStore _sockets = new();
    private readonly ManualTime _time = new();
    private readonly Lifeline _others = new();
    private readonly NetworkRecord[] _networks;
    private readonly NetworkRecord _quiet;
    private readonly SandboxRecord _web;
    private readonly EndpointRecord[] _endpoints;
    private readonly Core.Addressing.MacAddress _tunnelMac;
    private readonly IKernel _rooted;

    public MortalHost()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "h1"));
        Shell.Run($"ip netns add {Host} && ip -n {Host} link set lo up && ip -n {Host} link add eth0 type bridge && ip -n {Host} link set eth0 up && ip -n {Host} addr add 192.0.2.1/24 dev eth0");
        _rooted = new RootedKernel(_kernel, Host);
        _quiet = _cluster.NewNetwork("quiet", "bridge", "10.43.0.0/24");
        _networks = [_cluster.NewNetwork("shop", "overlay", "10.40.0.0/24", "fd40::/64"), _cluster.NewNetwork("front", "bridge", "10.41.0.0/24")];
        _web = new SandboxRecord { Id = _cluster.NewId(), Name = $"{_unique}-web", Host = "h1", Hostname = "web", Ports = [FakeCluster.Port(8080, 80)] };
        _tunnelMac = _cluster.NewMac();
        _endpoints = [.. _networks.Select(network => _cluster.NewEndpoint(_web, network, 11) with { InterfaceName = network.Name })];
    }

    private string Host => $"{_unique}-h1";

    private AgentOptions Options => TestAgent.Options("h1", "192.0.2.1", _directory) with { ResyncInterval = TimeSpan.FromMinutes(5) };

    public string OtherName(int number) => $"{_unique}-o{number}";

    public void SetUpOthers()
    {
        _cluster.AddNetwork(_quiet);
        _cluster.Join(_quiet, "h1", 1);
        _cluster.Control.Put(Partitions.Hosts, Fields.Host("h2"), new HostRecord
        {
            Name = "h2", MachineId = "2", TunnelAddress = Core.Addressing.Address.Parse("192.0.2.2"), UnderlayMtu = 1500, Epoch = "2",
        });
        for (var number = 1; number <= 2; number++)
            _cluster.Connect(_cluster.AddSandbox("h1", OtherName(number)), _quiet, 10 + number);
        Live();
    }

    public void TearDownOthers()
    {
        foreach (var sandbox in _cluster.Control.Pull(Partitions.Roster("h1"), new(0, 0), default).Result.Changes.Select(c => c.Field).Where(f => f.StartsWith("sandbox/", StringComparison.Ordinal)).ToArray())
            _cluster.Control.Delete(Partitions.Roster("h1"), sandbox);
        _cluster.Leave(_quiet, "h1");
        Live();
    }

    /// <summary>How many kernel calls a start, a set-up and a tear-down take, and what the host is between the two.</summary>
    public int CallsOfOneRound(out string complete)
    {
        using var life = new Lifeline();
        using var agent = Start(life);
        Settle(agent, life);
        WantSetUp();
        Settle(agent, life);
        complete = Footprint();
        WantTearDown();
        Settle(agent, life);
        return life.Calls;
    }

    /// <summary>An agent that is killed at its Nth call; returns in which step that was, and at what.</summary>
    public (string Step, string Last) DieAt(int call, bool after)
    {
        var step = "start";
        using var life = new Lifeline(call, after);
        SteppedAgent? agent = null;
        var lived = life.Run(() =>
        {
            agent = Start(life);
            Settle(agent, life);
            WantSetUp();
            step = "set-up";
            Settle(agent, life);
            WantTearDown();
            step = "tear-down";
            Settle(agent, life);
        });
        life.Bury();
        agent?.Dispose();
        // A run may take a call or two less than the one that was counted: then it is as if nobody had been killed.
        return (step, lived ? "" : life.Last);
    }

    /// <summary>The next agent, on what the dead one left.</summary>
    public void Recover(string step)
    {
        if (step == "start")
            WantTearDown();
        Live();
    }

    public void TearDown()
    {
        WantTearDown();
        Live();
    }

    /// <summary>All that can be seen of the host: links, addresses, routes, rules, settings, names, files, sockets kept.</summary>
    public string Footprint() => Shell.Run(
        $"export LC_ALL=C; ip -n {Host} -d -o link | sed -E 's/^[0-9]+: //; s/@[^:]*:/:/; s/link-netns [^ ]+//; /^ove/ s/ether [^ ]+//; s/[a-z_]+_timer +[0-9.]+//g; s/topology_change[a-z_]* [01]//g; s/(bridge|designated)_(id|root|bridge) [^ ]+//g; s/(port_id|port_no|designated_port) [^ ]+//g; s/state (forwarding|learning|listening|UP|LOWERLAYERDOWN)/state/g' | sort; ip -n {Host} -o addr | sed -E 's/^[0-9]+: //' | grep -v fe80 | sort; ip -n {Host} route; ip -n {Host} -6 route | grep -v fe80 | sort;"
        + $" bridge -n {Host} fdb | grep -vE '^(33:33|01:00)' | sed -E '/dev ove/ s/^[^ ]+//' | sort; ip -n {Host} neigh show nud permanent | sort; ip netns exec {Host} nft list ruleset | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/';"
        + $" ip netns exec {Host} sysctl -a 2>/dev/null | grep -E 'forward|bridge-nf|route_localnet|accept_ra |accept_dad|disable_ipv6';"
        + $" for n in $(ls /run/netns | grep '^{_unique}-[wo]'); do echo \"== $n\"; ip -n $n -o addr | sed -E 's/^[0-9]+: //' | grep -v fe80; ip -n $n route; ip -n $n -6 route | grep -v fe80;"
        + " ip netns exec $n sysctl net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start; ip netns exec $n nft list ruleset | sed -E 's/(dport set|sport) [0-9]+/\\1 any/'; done;"
        + $" find {_directory} -type f -not -path '*/view/*' | sort")
        + string.Join('\n', _sockets.Names.Select(n => n[..n.LastIndexOf('-')]).Order(StringComparer.Ordinal));

    public void Dispose()
    {
        _others.Dispose();
        _sockets.Dispose();
        foreach (var space in new[] { Host, OtherName(1), OtherName(2), _web.Name })
            Shell.Try($"ip netns del {space}");
        _rooted.Dispose();
        _kernel.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private SteppedAgent Start(Lifeline life)
    {
        var agent = new SteppedAgent(Options, new MortalKernel(_rooted, life), _cluster.Control, new MortalStore(_sockets, life), _time);
        agent.Start();
        return agent;
    }

    // A whole life of an agent that nobody kills.
    private void Live()
    {
        using var life = new Lifeline();
        using var agent = Start(life);
        Settle(agent, life);
    }

    private void Settle(SteppedAgent agent, Lifeline life)
    {
        agent.Pull();
        for (var turn = 0; turn < TurnsToSettle && !life.IsDead; turn++)
        {
            // Whatever the kernel has told by now: a look at everything needs no notification.
            _time.Advance(Options.ResyncInterval);
            var before = life.Writes;
            agent.Turn();
            if (turn > 0 && life.Writes == before && agent.Problems.IsEmpty)
            {
                agent.Mirror();
                return;
            }
        }
        Assert.Fail($"the agent still writes, or reports {string.Join("; ", agent.Problems.Values)}");
    }

    private void WantSetUp()
    {
        foreach (var (network, endpoint) in _networks.Zip(_endpoints))
        {
            _cluster.AddNetwork(network);
            _cluster.Join(network, "h1", 1);
            if (network.Driver == "overlay")
                _cluster.Control.Put(Partitions.Network(network.Id), Fields.Node("h1"), new NodeRecord { Host = "h1", Addresses = [.. network.Subnets.Select(s => s.Prefix.Base.Next(241))], TunnelMac = _tunnelMac });
            _cluster.Control.Put(Partitions.Network(network.Id), Fields.Endpoint(endpoint.Id), endpoint);
        }
        _cluster.Control.Put(Partitions.Roster("h1"), Fields.Sandbox(_web.Id), _web);
    }

    private void WantTearDown()
    {
        _cluster.Remove(_web);
        foreach (var (network, endpoint) in _networks.Zip(_endpoints))
        {
            _cluster.Disconnect(endpoint, network);
            _cluster.Leave(network, "h1");
        }
    }
}
