using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Overlay.Contracts.Grains;
using Overlay.Core;

namespace Overlay.Cli.State;

/// <summary>
/// An export: JSON lines. The first says format and cluster; each other one is a partition, whole and of one revision.
/// Records are UTF-8 text behind their format byte, so they are strings here and can be read and searched.
/// </summary>
internal static class StateFile
{
    private const int Format = 1;

    public static string Header(string cluster, DateTimeOffset taken) =>
        JsonSerializer.Serialize(new StateHeader(Format, cluster, taken), StateJson.Default.StateHeader);

    public static string Line(PartitionCopy copy) => JsonSerializer.Serialize(
        new StateLine(
            copy.Name, copy.Cursor.Revision, copy.Cursor.Hash,
            new SortedDictionary<string, string>(copy.Fields.ToDictionary(f => f.Key, f => Encoding.UTF8.GetString(f.Value)), StringComparer.Ordinal)),
        StateJson.Default.StateLine);

    /// <summary>All of it, judged before anything is done with it.</summary>
    /// <exception cref="RefusalException">Not an export, of a newer format, or damaged; with the line.</exception>
    public static (string Cluster, ImmutableArray<PartitionCopy> Partitions) Read(string path)
    {
        var number = 0;
        try
        {
            StateHeader? header = null;
            var partitions = ImmutableArray.CreateBuilder<PartitionCopy>();
            foreach (var text in File.ReadLines(path))
            {
                number++;
                if (header is null)
                    header = Judge(path, JsonSerializer.Deserialize(text, StateJson.Default.StateHeader));
                else
                    partitions.Add(Copy(JsonSerializer.Deserialize(text, StateJson.Default.StateLine)!));
            }
            return (header?.Cluster ?? throw Refuse($"{path} is empty; 'overlay state export' writes what can be read here"), partitions.ToImmutable());
        }
        catch (JsonException error)
        {
            throw Refuse($"{path} is not an export, or damaged: line {number}: {error.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refuse($"{path} cannot be read: {error.Message}");
        }
    }

    private static StateHeader Judge(string path, StateHeader? header) => header?.Format switch
    {
        Format => header,
        > Format => throw Refuse($"{path} has format {header.Format}, and this overlay knows formats up to {Format}; use the one that wrote it"),
        _ => throw Refuse($"{path} is not an export: its first line must say its format"),
    };

    private static PartitionCopy Copy(StateLine line) => new()
    {
        Name = line.Partition,
        Cursor = new FeedCursor(line.Revision, line.Hash),
        Fields = line.Fields.ToImmutableDictionary(f => f.Key, f => Encoding.UTF8.GetBytes(f.Value)),
    };

    private static RefusalException Refuse(string why) => new(ErrorCodes.InvalidArgument, why);
}

internal sealed record StateHeader(int Format, string Cluster, DateTimeOffset Taken);

internal sealed record StateLine(
    [property: JsonRequired] string Partition, [property: JsonRequired] ulong Revision, [property: JsonRequired] ulong Hash,
    [property: JsonRequired] SortedDictionary<string, string> Fields);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StateHeader))]
[JsonSerializable(typeof(StateLine))]
internal sealed partial class StateJson : JsonSerializerContext;
