using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Tests.Cli;

/// <summary>Things with known ids and times, so that output can be compared whole.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static ObjectId Id(string name) => new(new UInt128(
        BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)), 0), 1));

    public static NetworkRecord Network(string name, string driver = "overlay") => new()
    {
        Id = Id(name),
        Name = name,
        Driver = driver,
        Vni = driver == "overlay" ? 0x100000 : 0,
        Subnets = [new SubnetRecord { Id = Id(name + "-subnet"), Prefix = Prefix.Parse("10.7.0.0/16"), Gateway = Address.Parse("10.7.0.1") }],
        Labels = ImmutableDictionary<string, string>.Empty.Add("tier", name),
        Created = Epoch,
    };

    public static NetworkDetails Details(string name, string driver = "overlay", params EndpointRecord[] endpoints) => new()
    {
        Network = Network(name, driver),
        Revision = 12,
        Endpoints = [.. endpoints],
        Nodes = [new NodeRecord { Host = "h1", Addresses = [Address.Parse("10.7.0.2")], TunnelMac = MacAddress.Parse("02:00:00:00:00:02") }],
        Usage = [new SubnetUsage { Prefix = Prefix.Parse("10.7.0.0/16"), InUse = 3, Quarantined = 1, Free = 65529 }],
        Applied = [new HostApplied { Host = "h1", Revision = 12 }, new HostApplied { Host = "h2", Revision = 11 }, new HostApplied { Host = "h3", Problem = "no answer" }],
    };

    public static EndpointRecord Endpoint(string sandbox, string host) => new()
    {
        Id = Id(sandbox + "-endpoint"),
        Sandbox = Id(sandbox),
        SandboxName = sandbox,
        Host = host,
        Addresses = [Address.Parse("10.7.0.9")],
        Mac = MacAddress.Parse("02:00:00:00:00:09"),
        Aliases = ["sql"],
        Names = [sandbox, "sql"],
        Created = Epoch,
    };

    public static SandboxDetails Sandbox(string name, string host = "h1") => new()
    {
        Sandbox = new SandboxRecord
        {
            Id = Id(name),
            Name = name,
            Host = host,
            Hostname = name,
            Ports = [new PublishedPort { Protocol = "tcp", HostPort = 8080, SandboxPort = 80 }, new PublishedPort { Protocol = "udp", HostAddress = Address.Parse("fd00::1"), HostPort = 53, SandboxPort = 53 }],
            Command = ["nginx"],
            Created = Epoch,
        },
        Endpoints =
        [
            new AttachedEndpoint
            {
                Network = Id("shop"), NetworkName = "shop", Driver = "overlay", Endpoint = Endpoint(name, host), Subnets = Network("shop").Subnets,
            },
        ],
        Status = new SandboxStatus { State = "running", Pid = 42, NamespacePath = $"/run/netns/{name}", StartedAt = Epoch },
    };

    public static NameAnswer Answer(string name) => new()
    {
        Code = "NOERROR",
        Source = "the sandbox's networks",
        Answer = [$"{name}.\t5\tIN\tA\t10.7.0.9"],
        Candidates =
        [
            new() { Address = Address.Parse("10.7.0.9"), Sandbox = "web", Host = "h1", Network = "shop" },
            new() { Address = Address.Parse("10.7.0.10"), Sandbox = "web2", Host = "h2", Network = "shop", LeftOut = "it drains" },
        ],
    };

    public static HostState Host(string name, string machineId, bool alive = true) => new()
    {
        Host = new HostRecord
        {
            Name = name, MachineId = machineId, TunnelAddress = Address.Parse("10.231.1.1"), UnderlayMtu = 1500, Epoch = "e", Version = "0.1.0", Registered = Epoch,
        },
        Alive = alive,
        Sandboxes = 2,
    };
}
