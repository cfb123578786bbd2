namespace Overlay.Grains.Commands;

/// <summary>
/// This activation's memory is not what the store has: another activation went on, or the store came back with another
/// history. Nothing was changed by the command that met this; a new activation answers the same request rightly.
/// </summary>
public sealed class PartitionLostException(string partition, string why)
    : Exception($"{partition}: {why}; nothing was changed, try again")
{
    public string Partition { get; } = partition;
}
