using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux.Tests.Agent;
using Overlay.Testing.Agents;

namespace Overlay.Linux.Tests.Matrix;

/// <summary>
/// Two hosts with agents and an outside that routes, networks of one driver and family, and whom the cells speak of:
/// <code>
///   h1: a, a2 on the network, c on a second one of the driver, d on one of another driver      h2: b on the network
/// </code>
/// </summary>
internal sealed class MatrixWorld(MatrixDriver driver, MatrixFamily family) : IAsyncDisposable
{
    public const int PublishedPort = 8080;

    private readonly TwoHosts _hosts = new();
    private readonly Kernel _kernel = new();
    private readonly Dictionary<string, INetNamespace> _spaces = [];
    private readonly Dictionary<string, Responder> _responders = [];
    private readonly Dictionary<string, SandboxRecord> _sandboxes = [];

    public MatrixDriver Driver => driver;

    public MatrixAddresses Addresses { get; } = new(family, driver);

    public INetNamespace Space(string who) => _spaces[who];

    public Responder? Responder(string who) => _responders.GetValueOrDefault(who);

    public string Name(string who) => _sandboxes[who].Name;

    public Address AddressOf(string who, bool v4) => who switch
    {
        "h1" => MatrixAddresses.Underlay(v4, 1),
        "h2" => MatrixAddresses.Underlay(v4, 2),
        "x" when driver.OnVlan => MatrixAddresses.In(Addresses.First, v4, 9),
        "x" => MatrixAddresses.Underlay(v4, 9),
        "a" or "a2" when driver.Driver == "host" => MatrixAddresses.Underlay(v4, 1),
        "b" when driver.Driver == "host" => MatrixAddresses.Underlay(v4, 2),
        "c" => MatrixAddresses.In(Addresses.Second, v4, 43),
        "d" => MatrixAddresses.In(Addresses.Alien, v4, 44),
        _ => MatrixAddresses.In(Addresses.First, v4, who switch { "a" => 60, "a2" => 61, _ => 62 }),
    };

    public async Task Build()
    {
        PrepareUnderlay();
        var agents = new[] { await Start(1), await Start(2) };
        var networks = driver.HasNetwork ? [Add(driver, Addresses.First), Add(driver, Addresses.Second)] : Array.Empty<NetworkRecord>();
        var alien = Add(MatrixDriver.Of(driver.Driver == "bridge" ? "overlay" : "bridge"), Addresses.Alien);
        foreach (var network in networks.Append(alien))
        {
            _hosts.Cluster.Join(network, "h1", 1);
            _hosts.Cluster.Join(network, "h2", 2);
        }
        AddSandboxes(networks, alien);
        foreach (var (agent, host) in agents.Zip(["h1", "h2"]))
        {
            await agent.Applied(null, [Partitions.Hosts, Partitions.Roster(host), .. networks.Append(alien).Select(n => Partitions.Network(n.Id))]);
        }
        foreach (var who in _sandboxes.Keys)
            Open(who, driver.Driver == "host" && who != "d" ? _hosts.Host(_sandboxes[who].Host == "h1" ? 1 : 2) : _sandboxes[who].Name);
        foreach (var (who, space) in new[] { ("h1", _hosts.Host(1)), ("h2", _hosts.Host(2)), ("x", _hosts.Outside) })
            Open(who, space);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var responder in _responders.Values)
            await responder.DisposeAsync();
        foreach (var space in _spaces.Values)
            space.Dispose();
        await _hosts.DisposeAsync();
        _kernel.Dispose();
    }

    private Task<TestAgent> Start(int number) => _hosts.StartAgent(
        number, with: options => driver.Row == "overlay over ipv6" ? options with { TunnelAddress = Address.Parse($"fd99::{number}") } : options);

    private void Open(string who, string space)
    {
        _spaces[who] = _kernel.Open(space);
        // Sandboxes on the host's own stack are the host, and it answers for them.
        if (driver.Driver != "host" || who is not ("a" or "a2" or "b"))
            _responders[who] = new(who, _spaces[who]);
    }

    private NetworkRecord Add(MatrixDriver of, string[] subnets)
    {
        var gateway = of.HasParent ? Addresses.Gateway : 1;
        var id = _hosts.Cluster.NewId();
        return _hosts.Cluster.AddNetwork(new NetworkRecord
        {
            Id = id,
            Name = "net" + id.LinkSuffix,
            Driver = of.Driver,
            Internal = of.Internal,
            Vni = of.Driver == "overlay" ? Random.Shared.Next(0x100000, 0x1000000) : 0,
            GatewayMac = _hosts.Cluster.NewMac(),
            Subnets = [.. subnets.Select(s => Prefix.Parse(s)).Select(p => new SubnetRecord { Id = _hosts.Cluster.NewId(), Prefix = p, Gateway = p.Base.Next((UInt128)gateway) })],
            Options = of.Options.ToImmutableDictionary(o => o.Key, o => o.Value),
        });
    }

    private void AddSandboxes(NetworkRecord[] networks, NetworkRecord alien)
    {
        Add("d", "h1", alien, 44);
        Add("a", "h1", networks.FirstOrDefault(), 60);
        Add("b", "h2", networks.FirstOrDefault(), 62);
        if (driver.IsPassthru)
            return;
        Add("a2", "h1", networks.FirstOrDefault(), 61);
        if (driver.HasNetwork)
            Add("c", "h1", networks[1], 43);
    }

    private void Add(string who, string host, NetworkRecord? network, int number)
    {
        PublishedPort[] ports = network is not null && who is "a2" or "b" ? [FakeCluster.Port(PublishedPort, Matrix.Responder.Port), FakeCluster.Port(PublishedPort, Matrix.Responder.Port, "udp")] : [];
        _sandboxes[who] = _hosts.Cluster.AddSandbox(host, _hosts.Name(who), s => s with { Ports = [.. ports], Mode = network is null ? driver.Driver : SandboxModes.Isolated });
        if (network is not null)
            _hosts.Cluster.Connect(_sandboxes[who], network, number);
    }

    /// <summary>The outside is the physical network's router, and knows the way to each subnet: what does not get in is kept out by the host.</summary>
    private void PrepareUnderlay()
    {
        var x = $"ip -n {_hosts.Outside}";
        Shell.Run($"ip netns exec {_hosts.Outside} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0"
            + $" && ip -n {_hosts.Outside} route flush default && for i in 1 2; do ip -n {_hosts.Unique}-h$i -6 route add default via fd99::9; done");
        foreach (var subnet in (driver.HasParent ? Addresses.Alien : [.. Addresses.First, .. Addresses.Second, .. Addresses.Alien]))
            Shell.Run($"{x} route add {subnet} via {MatrixAddresses.Underlay(Prefix.Parse(subnet).IsV4, 1)}");
        if (driver.IsPassthru)
        {
            _hosts.AddCable(1, "spare");
            _hosts.AddCable(2, "spare");
        }
        if (driver.Row.EndsWith("reflected", StringComparison.Ordinal))
            _hosts.Reflect(1);
        if (driver.OnVlan)
            Shell.Run($"{x} link add link eth0 name eth0.20 type vlan id 20 && {x} link set eth0.20 up && {x} addr add 203.0.113.9/24 dev eth0.20 && {x} addr add fd97::9/64 dev eth0.20 nodad");
        if (driver.IsRouted)
            RouteToEach();
    }

    // Nobody answers ARP or ND for a sub-link in mode l3: the physical network has routes to them.
    private void RouteToEach()
    {
        foreach (var v4 in Addresses.Versions)
        {
            foreach (var (who, at) in new[] { ("a", 1), ("a2", 1), ("b", 2) })
            {
                foreach (var space in new[] { _hosts.Host(3 - at), _hosts.Outside })
                    Shell.Run($"ip -n {space} route add {AddressOf(who, v4)} via {MatrixAddresses.Underlay(v4, at)}");
            }
        }
    }
}
