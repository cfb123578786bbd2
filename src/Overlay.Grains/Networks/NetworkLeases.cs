using System.Collections.Immutable;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Networks;

/// <summary>Addresses of a network's endpoints and nodes, from the grains of its subnets.</summary>
internal sealed class NetworkLeases(IGrainFactory grains, GrainServices services, NetworkRecord network)
{
    public const string EndpointOwner = "endpoint:";
    public const string NodeOwner = "node:";

    // An endpoint's id is never used again: its claims need no fence.
    private const ulong EndpointFence = 0;

    public static string OwnerOf(ObjectId endpoint) => EndpointOwner + endpoint;

    public static string OwnerOf(string host) => NodeOwner + host;

    public ISubnetGrain Subnet(SubnetRecord subnet) => grains.GetGrain<ISubnetGrain>(subnet.Id.ToString());

    /// <summary>One address per family; within a family from the first subnet that has one. IPv4 first.</summary>
    public async Task<ImmutableArray<Address>> LeaseForEndpoint(ObjectId endpoint, string description, ConnectOptions options)
    {
        var families = network.Subnets.GroupBy(s => s.Prefix.IsV4).OrderByDescending(f => f.Key);
        var leases = families.Select(f => Lease([.. f], OwnerOf(endpoint), description, f.Key ? options.Ip : options.Ip6));
        return [.. await Task.WhenAll(leases).ConfigureAwait(true)];
    }

    public Task ReleaseEndpoint(ObjectId endpoint) => Release(OwnerOf(endpoint), EndpointFence + 1);

    /// <summary>The host's own address in every subnet.</summary>
    public async Task<ImmutableArray<Address>> LeaseForNode(string host, ulong fence) => [.. await Task.WhenAll(
        network.Subnets.OrderByDescending(s => s.Prefix.IsV4).Select(subnet =>
            services.Retry(() => Subnet(subnet).Allocate(OwnerOf(host), $"host {host}", null, fence)))).ConfigureAwait(true)];

    public Task ReleaseNode(string host, ulong fence) => Release(OwnerOf(host), fence);

    /// <summary>Void when the host has claimed its node addresses anew since then.</summary>
    public Task Release(LeavingRecord left) => left.Endpoint is { } endpoint ? ReleaseEndpoint(endpoint) : ReleaseNode(left.Host, left.Revision);

    private Task Release(string owner, ulong fence) =>
        Task.WhenAll(network.Subnets.Select(subnet => services.Retry(() => Subnet(subnet).Release(owner, fence))));

    private async Task<Address> Lease(ImmutableArray<SubnetRecord> subnets, string owner, string description, Address? wanted)
    {
        var candidates = wanted is { } address ? [.. subnets.Where(s => s.Prefix.Contains(address))] : subnets;
        for (var i = 0; ; i++)
        {
            var subnet = Subnet(candidates[i]);
            try
            {
                return await services.Retry(() => subnet.Allocate(owner, description, wanted, EndpointFence)).ConfigureAwait(true);
            }
            catch (OverlayException full) when (full.Code == ErrorCodes.SubnetFull && i + 1 < candidates.Length)
            {
                // The network's next subnet of this family.
            }
        }
    }
}
