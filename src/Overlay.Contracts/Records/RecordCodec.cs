using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Records;

/// <summary>A record as the store and the feeds hold it: one byte of format version, then UTF-8 JSON.</summary>
public static class RecordCodec
{
    public const byte FormatVersion = 1;

    public static byte[] Encode<T>(T record)
        where T : class
    {
        using var stream = new MemoryStream();
        stream.WriteByte(FormatVersion);
        JsonSerializer.Serialize(stream, record, typeof(T), RecordJson.Default);
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">A newer format than this build knows, or not a record of this type.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> bytes)
        where T : class
    {
        if (bytes.Length == 0 || bytes[0] != FormatVersion)
            throw new InvalidDataException(
                $"a {typeof(T).Name} of format {(bytes.Length == 0 ? "none" : bytes[0])}: this build reads format {FormatVersion}; upgrade overlayd on this host");
        try
        {
            return (T?)JsonSerializer.Deserialize(bytes[1..], typeof(T), RecordJson.Default)
                ?? throw new InvalidDataException($"a {typeof(T).Name} that is null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"not a {typeof(T).Name}: {error.Message}", error);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(AddressJson), typeof(PrefixJson), typeof(MacAddressJson), typeof(ObjectIdJson)])]
[JsonSerializable(typeof(NetworkRecord))]
[JsonSerializable(typeof(EndpointRecord))]
[JsonSerializable(typeof(NodeRecord))]
[JsonSerializable(typeof(NamePolicyRecord))]
[JsonSerializable(typeof(SandboxRecord))]
[JsonSerializable(typeof(HostRecord))]
[JsonSerializable(typeof(ClusterRecord))]
[JsonSerializable(typeof(FollowRecord))]
[JsonSerializable(typeof(LeaseRecord))]
[JsonSerializable(typeof(SubnetRecord))]
[JsonSerializable(typeof(CatalogNetworkRecord))]
[JsonSerializable(typeof(RequestRecord))]
[JsonSerializable(typeof(TombstoneRecord))]
[JsonSerializable(typeof(LeavingRecord))]
[JsonSerializable(typeof(StoreRunRecord))]
[JsonSerializable(typeof(RevisionReply))]
[JsonSerializable(typeof(Grains.ConnectReply))]
[JsonSerializable(typeof(Grains.RosterReply))]
[JsonSerializable(typeof(Grains.PortsReply))]
[JsonSerializable(typeof(Grains.SandboxEntry))]
[JsonSerializable(typeof(ImmutableArray<string>))]
public sealed partial class RecordJson : JsonSerializerContext;

/// <summary>A value with one text form, as a JSON string.</summary>
public abstract class TextJson<T>(Func<string, T> parse) : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return parse(reader.GetString() ?? "");
        }
        catch (FormatException error)
        {
            throw new JsonException(error.Message, error);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value!.ToString());
}

public sealed class AddressJson() : TextJson<Address>(Address.Parse);

public sealed class PrefixJson() : TextJson<Prefix>(Prefix.Parse);

public sealed class MacAddressJson() : TextJson<MacAddress>(MacAddress.Parse);

public sealed class ObjectIdJson() : TextJson<ObjectId>(ObjectId.Parse);
