using System.Buffers.Binary;
using Overlay.Core;

namespace Overlay.Grains.Store;

/// <summary>
/// Folds a random token per commit into a partition's hash. Two histories that parted (the store came back older and
/// went on) have the same revisions and, from the parting on, other hashes.
/// </summary>
public static class ChainHash
{
    public static ulong Next(ulong hash, IRandom random)
    {
        Span<byte> token = stackalloc byte[8];
        random.Fill(token);
        // The finalizer of MurmurHash3: every bit of the input reaches every bit of the output.
        var mixed = hash * 0x9e3779b97f4a7c15 ^ BinaryPrimitives.ReadUInt64LittleEndian(token);
        mixed = (mixed ^ mixed >> 33) * 0xff51afd7ed558ccd;
        mixed = (mixed ^ mixed >> 33) * 0xc4ceb9fe1a85ec53;
        return mixed ^ mixed >> 33;
    }
}
