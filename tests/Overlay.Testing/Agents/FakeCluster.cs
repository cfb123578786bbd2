using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Testing.Agents;

/// <summary>What the grains would decide, written straight into a <see cref="FakeControlPlane"/>.</summary>
/// <param name="seed">Two clusters of one seed give the same ids and MACs.</param>
public sealed class FakeCluster(int? seed = null)
{
    private readonly Random _random = seed is { } given ? new(given) : new();
    private int _created;

    public FakeControlPlane Control { get; } = new();

    public ObjectId NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return ObjectId.FromBytes(bytes);
    }

    public MacAddress NewMac()
    {
        Span<byte> bytes = stackalloc byte[6];
        _random.NextBytes(bytes);
        return MacAddress.FromRandom(bytes);
    }

    public NetworkRecord AddNetwork(string name, string driver, params string[] subnets) => AddNetwork(NewNetwork(name, driver, subnets));

    /// <summary>A network that nobody has been told of yet.</summary>
    public NetworkRecord NewNetwork(string name, string driver, params string[] subnets) => new()
    {
        Id = NewId(),
        Name = name,
        Driver = driver,
        Vni = driver == "overlay" ? _random.Next(0x100000, 0x1000000) : 0,
        GatewayMac = NewMac(),
        Subnets = [.. subnets.Select(s => Prefix.Parse(s)).Select(p => new SubnetRecord { Id = NewId(), Prefix = p, Gateway = p.Base.Next(1) })],
    };

    public NetworkRecord AddNetwork(NetworkRecord network)
    {
        Control.Put(Partitions.Network(network.Id), Fields.Spec, network);
        return network;
    }

    /// <summary>The host follows the network and, on an overlay, has node addresses (…number behind the gateway's subnet).</summary>
    public void Join(NetworkRecord network, string host, int number)
    {
        Control.Put(Partitions.Roster(host), Fields.Network(network.Id), new FollowRecord { Network = network.Id });
        if (network.Driver == "overlay")
        {
            Control.Put(Partitions.Network(network.Id), Fields.Node(host), new NodeRecord
            {
                Host = host,
                Addresses = [.. network.Subnets.Select(s => s.Prefix.Base.Next((UInt128)(240 + number)))],
                TunnelMac = NewMac(),
            });
        }
    }

    public SandboxRecord AddSandbox(string host, string name, Func<SandboxRecord, SandboxRecord>? with = null)
    {
        var sandbox = new SandboxRecord { Id = NewId(), Name = name, Host = host, Hostname = name };
        sandbox = with?.Invoke(sandbox) ?? sandbox;
        Control.Put(Partitions.Roster(host), Fields.Sandbox(sandbox.Id), sandbox);
        return sandbox;
    }

    public void Update(SandboxRecord sandbox) => Control.Put(Partitions.Roster(sandbox.Host), Fields.Sandbox(sandbox.Id), sandbox);

    public void Remove(SandboxRecord sandbox) => Control.Delete(Partitions.Roster(sandbox.Host), Fields.Sandbox(sandbox.Id));

    public EndpointRecord Connect(SandboxRecord sandbox, NetworkRecord network, int number, params string[] aliases)
    {
        var endpoint = NewEndpoint(sandbox, network, number, aliases);
        Control.Put(Partitions.Network(network.Id), Fields.Endpoint(endpoint.Id), endpoint);
        return endpoint;
    }

    /// <summary>An endpoint that nobody has been told of yet.</summary>
    public EndpointRecord NewEndpoint(SandboxRecord sandbox, NetworkRecord network, int number, params string[] aliases) =>
        new()
        {
            Id = NewId(),
            Sandbox = sandbox.Id,
            SandboxName = sandbox.Name,
            Host = sandbox.Host,
            Addresses = [.. network.Subnets.Select(s => s.Prefix.Base.Next((UInt128)number))],
            Mac = NewMac(),
            Names = [sandbox.Name, .. aliases],
            Aliases = [.. aliases],
            Created = DateTimeOffset.UnixEpoch.AddSeconds(Interlocked.Increment(ref _created)),
        };

    public void Disconnect(EndpointRecord endpoint, NetworkRecord network) =>
        Control.Delete(Partitions.Network(network.Id), Fields.Endpoint(endpoint.Id));

    public void Leave(NetworkRecord network, string host)
    {
        Control.Delete(Partitions.Roster(host), Fields.Network(network.Id));
        Control.Delete(Partitions.Network(network.Id), Fields.Node(host));
    }

    public static PublishedPort Port(int host, int sandbox, string protocol = "tcp") =>
        new() { Protocol = protocol, HostPort = host, SandboxPort = sandbox };
}
