using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Overlay.Contracts.Grains;

namespace Overlay.Agent.View;

/// <summary>The view's mirror on local disk: a file per partition, so that an agent can start without a control plane.</summary>
public sealed class ViewDisk(string directory)
{
    /// <summary>Every partition that can be read; a torn or foreign file is as good as none.</summary>
    public IEnumerable<PartitionState> Read()
    {
        if (!Directory.Exists(directory))
            yield break;
        foreach (var file in Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal))
        {
            if (ReadFile(file) is { } state)
                yield return state;
        }
    }

    public void Write(PartitionState state)
    {
        Directory.CreateDirectory(directory);
        var mirror = new MirroredPartition(
            state.Name, state.Cursor.Revision, state.Cursor.Hash, state.Fields.ToDictionary(f => f.Key, f => f.Value));
        AtomicFile.Write(FileOf(state.Name), JsonSerializer.SerializeToUtf8Bytes(mirror, MirrorJson.Default.MirroredPartition));
    }

    public void Remove(string partition) => AtomicFile.Delete(FileOf(partition));

    private string FileOf(string partition) => Path.Combine(directory, partition.Replace('/', '_') + ".json");

    private static PartitionState? ReadFile(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), MirrorJson.Default.MirroredPartition) is { Partition: not null, Fields: not null } mirror
                ? new(mirror.Partition, new FeedCursor(mirror.Revision, mirror.Hash), mirror.Fields.ToImmutableDictionary(), IsLive: false, IsGone: false)
                : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

internal sealed record MirroredPartition(string Partition, ulong Revision, ulong Hash, Dictionary<string, byte[]> Fields);

[JsonSerializable(typeof(MirroredPartition))]
internal sealed partial class MirrorJson : JsonSerializerContext;
