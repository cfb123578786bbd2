using Overlay.Cli.Output;
using Overlay.Contracts.Records;

namespace Overlay.Cli.Networks;

/// <summary>One line of <c>network ls</c>.</summary>
internal sealed record NetworkView
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Driver { get; init; }

    /// <summary>local: endpoints reach those of their own host; cluster: those of every host.</summary>
    public required string Scope { get; init; }
    public required string[] Subnets { get; init; }
    public required bool Internal { get; init; }
    public required bool Ipv6 { get; init; }
    public required bool BuiltIn { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    public static NetworkView Of(NetworkRecord network) => new()
    {
        Id = network.Id.ToString(),
        Name = network.Name,
        Driver = network.Driver,
        Scope = ScopeOf(network.Driver),
        Subnets = [.. network.Subnets.Select(subnet => subnet.Prefix.ToString())],
        Internal = network.Internal,
        Ipv6 = network.Ipv6,
        BuiltIn = network.BuiltIn,
        Labels = network.Labels.Sorted(),
        CreatedAt = network.Created,
    };

    public static string ScopeOf(string driver) => driver is "overlay" or "macvlan" or "ipvlan" ? "cluster" : "local";
}
