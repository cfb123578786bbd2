using Overlay.Core;

namespace Overlay.Contracts.Records;

/// <summary>Names of partitions and of the fields in them: the one place that spells them.</summary>
public static class Partitions
{
    public const string Catalog = "catalog";
    public const string Hosts = "hosts";

    public static string Network(ObjectId id) => $"network/{id}";

    public static string Subnet(ObjectId id) => $"subnet/{id}";

    public static string Roster(string host) => $"roster/{host}";
}

public static class Fields
{
    public const string Cluster = "cluster";
    public const string Spec = "spec";
    public const string HostPrefix = "host/";
    public const string EndpointPrefix = "endpoint/";
    public const string NodePrefix = "node/";
    public const string NamePrefix = "name/";
    public const string SandboxPrefix = "sandbox/";
    public const string NetworkPrefix = "network/";
    public const string LeasePrefix = "lease/";

    /// <summary>Marks of the audit; see <see cref="TombstoneRecord"/>.</summary>
    public const string TombstonePrefix = "tombstone/";

    /// <summary>What was removed and may still be in its host's kernel, by the owner of its lease.</summary>
    public const string LeavingPrefix = "leaving/";

    /// <summary>Replies kept for retries; never part of a feed.</summary>
    public const string RequestPrefix = "request/";

    public static string Host(string name) => HostPrefix + name;

    public static string Endpoint(ObjectId id) => EndpointPrefix + id;

    public static string Node(string host) => NodePrefix + host;

    public static string Name(string name) => NamePrefix + name;

    public static string Sandbox(ObjectId id) => SandboxPrefix + id;

    public static string Network(ObjectId id) => NetworkPrefix + id;

    public static string Lease(Core.Addressing.Address address) => LeasePrefix + address;

    public static string Tombstone(ObjectId endpoint) => TombstonePrefix + endpoint;

    public static string Leaving(string owner) => LeavingPrefix + owner;

    public static string Request(Guid id) => RequestPrefix + id.ToString("N");
}
