namespace Overlay.Grains.Store;

public sealed record RedisRecordStoreOptions
{
    /// <summary>First part of every key: clusters share a Redis without seeing each other.</summary>
    public required string Cluster { get; init; }

    /// <summary>
    /// For one command, reconnecting included. Long enough for a supervisor to restart Redis, short enough to leave a
    /// caller time for its own retry.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);
}
