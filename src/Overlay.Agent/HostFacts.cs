using System.Collections.Immutable;
using Overlay.Agent.Desired;
using Overlay.Contracts.Hosts;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent;

/// <summary>What the cluster must know of this host, read from its kernel.</summary>
internal sealed class HostFacts(AgentOptions options, IKernel kernel, TimeProvider time)
{
    // A router with a full table would fill the directory; the widest blocks say the most.
    private const int MostRoutes = 256;

    // Wider ones are default routes by another name (0.0.0.0/1, 2000::/3) and would leave no room for any network.
    private const int WidestV4 = 4;
    private const int WidestV6 = 8;

    private static readonly Prefix LinkLocalV6 = Prefix.Parse("fe80::/10");
    private static readonly Prefix MulticastV6 = Prefix.Parse("ff00::/8");

    private readonly string _epoch = Guid.CreateVersion7().ToString("N");
    private readonly ObjectMark _mark = new(options.Cluster, options.HostName);

    /// <exception cref="InvalidOperationException">No link has the tunnel address.</exception>
    /// <exception cref="KernelException">It does not answer.</exception>
    public HostRecord Read()
    {
        var links = kernel.Host.DumpLinks();
        var index = kernel.Host.DumpAddresses().FirstOrDefault(a => a.Address == options.TunnelAddress)?.LinkIndex
            ?? throw new InvalidOperationException(
                $"this host has no link with the tunnel address {options.TunnelAddress}; add it to one, or name another with --tunnel-address");
        return new()
        {
            Name = options.HostName,
            MachineId = MachineId.FindOrMake(options.MachineIdFile, options.StateDirectory),
            TunnelAddress = options.TunnelAddress,
            UnderlayMtu = links.First(l => l.Index == index).Mtu,
            Epoch = _epoch,
            Version = options.Version,
            Role = options.Role,
            Registered = time.GetUtcNow(),
            Routes = ForeignRoutes(links),
        };
    }

    /// <summary>Blocks that lead somewhere already, other than to our networks.</summary>
    private ImmutableArray<Prefix> ForeignRoutes(IEnumerable<Link> links)
    {
        var ours = links.Where(l => _mark.IsOurs(l.Alias) || l.IsLoopback).Select(l => l.Index).ToHashSet();
        return
        [
            .. kernel.Host.DumpRoutes()
                .Where(r => r.Kind == RouteKind.Unicast && !ours.Contains(r.LinkIndex) && IsSomewhere(r.Destination))
                .Select(r => r.Destination)
                .Distinct()
                .OrderBy(p => p.IsV4 ? p.Length : p.Length / 4)
                .ThenBy(p => p)
                .Take(MostRoutes),
        ];
    }

    private static bool IsSomewhere(Prefix block) => block.IsV4
        ? block.Length >= WidestV4
        : block.Length >= WidestV6 && !LinkLocalV6.Overlaps(block) && !MulticastV6.Overlaps(block);
}
