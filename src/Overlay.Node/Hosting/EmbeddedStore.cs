using Overlay.Grains.Store;
using Overlay.Node.Configuration;

namespace Overlay.Node.Hosting;

/// <summary>
/// The store of a cluster of one host: a file. It is opened with the process, for what is wrong with it does not pass:
/// overlayd says so and ends.
/// </summary>
internal sealed class EmbeddedStore(NodeOptions options, TimeProvider time) : IClusterStore
{
    private readonly SqliteRecordStore _records = SqliteRecordStore.Open(Path.Combine(options.StateDirectory, "store.db"), options.Cluster, time);

    // The only member keeps the list of members, in memory.
    public Task<OpenStore> OpenAsync(CancellationToken cancellation) =>
        Task.FromResult(new OpenStore(_records, silo => silo.UseDevelopmentClustering(options.Silo), static () => []));

    public Task<bool> IsReachableAsync(TimeSpan limit, CancellationToken cancellation) => Task.FromResult(true);

    public ValueTask DisposeAsync() => _records.DisposeAsync();
}
