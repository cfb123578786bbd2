using Orleans.Concurrency;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Networks;

/// <inheritdoc cref="IServiceNameGrain"/>
[Reentrant]
public sealed class ServiceNameGrain(GrainServices services) : Grain, IServiceNameGrain
{
    public Task<ServiceNameDetails> Inspect()
    {
        var (network, name) = Key();
        return services.Retry(() => network.FindName(name));
    }

    public Task<ulong> SetPolicy(Guid requestId, NamePolicyRecord? policy)
    {
        var (network, name) = Key();
        return services.Retry(() => network.SetNamePolicy(requestId, name, policy));
    }

    private (INetworkGrain Network, string Name) Key()
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.IndexOf('/');
        return (GrainFactory.GetGrain<INetworkGrain>(key[..slash]), key[(slash + 1)..]);
    }
}
