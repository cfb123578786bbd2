using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Serialization;

// Core has no packages: its values cross the wire as these.

[GenerateSerializer, Alias("overlay.Address"), Immutable]
public struct AddressSurrogate
{
    [Id(0)] public ulong High;
    [Id(1)] public ulong Low;
}

[RegisterConverter]
public sealed class AddressConverter : IConverter<Address, AddressSurrogate>
{
    public Address ConvertFromSurrogate(in AddressSurrogate s) => new(new UInt128(s.High, s.Low));

    public AddressSurrogate ConvertToSurrogate(in Address a) => new() { High = (ulong)(a.Value >> 64), Low = (ulong)a.Value };
}

[GenerateSerializer, Alias("overlay.Prefix"), Immutable]
public struct PrefixSurrogate
{
    [Id(0)] public Address Base;
    [Id(1)] public int Length;
}

[RegisterConverter]
public sealed class PrefixConverter : IConverter<Prefix, PrefixSurrogate>
{
    public Prefix ConvertFromSurrogate(in PrefixSurrogate s) => new(s.Base, s.Length);

    public PrefixSurrogate ConvertToSurrogate(in Prefix p) => new() { Base = p.Base, Length = p.Length };
}

[GenerateSerializer, Alias("overlay.MacAddress"), Immutable]
public struct MacAddressSurrogate
{
    [Id(0)] public ulong Value;
}

[RegisterConverter]
public sealed class MacAddressConverter : IConverter<MacAddress, MacAddressSurrogate>
{
    public MacAddress ConvertFromSurrogate(in MacAddressSurrogate s) => new(s.Value);

    public MacAddressSurrogate ConvertToSurrogate(in MacAddress m) => new() { Value = m.Value };
}

[GenerateSerializer, Alias("overlay.ObjectId"), Immutable]
public struct ObjectIdSurrogate
{
    [Id(0)] public ulong High;
    [Id(1)] public ulong Low;
}

[RegisterConverter]
public sealed class ObjectIdConverter : IConverter<ObjectId, ObjectIdSurrogate>
{
    public ObjectId ConvertFromSurrogate(in ObjectIdSurrogate s) => new(new UInt128(s.High, s.Low));

    public ObjectIdSurrogate ConvertToSurrogate(in ObjectId id) => new() { High = (ulong)(id.Value >> 64), Low = (ulong)id.Value };
}
