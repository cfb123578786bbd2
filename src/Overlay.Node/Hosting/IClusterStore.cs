using Overlay.Grains.Store;

namespace Overlay.Node.Hosting;

/// <summary>What the cluster stands on: one place for its records, and where its silos find each other.</summary>
internal interface IClusterStore : IAsyncDisposable
{
    /// <summary>The same each time, once it has worked.</summary>
    /// <exception cref="StoreNotReachableException">With one line that says why.</exception>
    Task<OpenStore> OpenAsync(CancellationToken cancellation);

    Task<bool> IsReachableAsync(TimeSpan limit, CancellationToken cancellation);
}

/// <param name="KeepMembers">Tells a silo where the members of the cluster are listed.</param>
/// <param name="Warnings">What weakens its promises right now, a line each.</param>
internal sealed record OpenStore(IRecordStore Records, Action<ISiloBuilder> KeepMembers, Func<IReadOnlyList<string>> Warnings);

internal sealed class StoreNotReachableException(string message, Exception cause) : Exception(message, cause);
