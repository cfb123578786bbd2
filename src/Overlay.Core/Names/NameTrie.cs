using System.Numerics;

namespace Overlay.Core.Names;

/// <summary>
/// A persistent map from name to value: a hash trie of 32-way nodes. A change copies the few nodes on its path, so an
/// update of a table of a hundred thousand names costs what the change costs, and a reader needs neither a lock nor
/// a string: it asks with the bytes of the question.
/// </summary>
/// <remarks>ImmutableDictionary has no look-up by span, and FrozenDictionary is rebuilt whole for each change.</remarks>
public sealed class NameTrie<T> where T : class
{
    private const int BitsPerLevel = 5;

    public static readonly NameTrie<T> Empty = new(new Node(0, []), 0);

    private readonly Node _root;

    private NameTrie(Node root, int count)
    {
        _root = root;
        Count = count;
    }

    public int Count { get; }

    public T? Find(ReadOnlySpan<byte> key)
    {
        var hash = NameKey.Hash(key);
        var node = _root;
        for (var shift = 0; ; shift += BitsPerLevel)
        {
            var bit = BitOf(hash, shift);
            if ((node.Bitmap & bit) == 0)
                return null;
            if (node.Children[node.IndexOf(bit)] is Node inner)
                node = inner;
            else
                return Find((Leaf)node.Children[node.IndexOf(bit)], hash, key)?.Value;
        }
    }

    public NameTrie<T> With(byte[] key, T value)
    {
        var isNew = Find(key) is null;
        return new(Insert(_root, 0, new Leaf(NameKey.Hash(key), key, value, null)), Count + (isNew ? 1 : 0));
    }

    public NameTrie<T> Without(byte[] key) =>
        Find(key) is null ? this : new(Remove(_root, 0, NameKey.Hash(key), key), Count - 1);

    private static Leaf? Find(Leaf? leaf, ulong hash, ReadOnlySpan<byte> key)
    {
        for (; leaf is not null; leaf = leaf.Next)
        {
            if (leaf.Hash == hash && key.SequenceEqual(leaf.Key))
                return leaf;
        }
        return null;
    }

    private static Node Insert(Node node, int shift, Leaf leaf)
    {
        var bit = BitOf(leaf.Hash, shift);
        var index = node.IndexOf(bit);
        if ((node.Bitmap & bit) == 0)
            return new(node.Bitmap | bit, [.. node.Children.AsSpan(0, index), leaf, .. node.Children.AsSpan(index)]);
        return node.WithChild(index, node.Children[index] switch
        {
            Leaf there when there.Hash == leaf.Hash => leaf with { Next = Without(there, leaf.Key) },
            Leaf there => Insert(new Node(BitOf(there.Hash, shift + BitsPerLevel), [there]), shift + BitsPerLevel, leaf),
            var inner => Insert((Node)inner, shift + BitsPerLevel, leaf),
        });
    }

    private static Node Remove(Node node, int shift, ulong hash, ReadOnlySpan<byte> key)
    {
        var bit = BitOf(hash, shift);
        var index = node.IndexOf(bit);
        object? child = node.Children[index] switch
        {
            Leaf leaf => Without(leaf, key),
            var inner => Lifted(Remove((Node)inner, shift + BitsPerLevel, hash, key)),
        };
        return child is not null
            ? node.WithChild(index, child)
            : new(node.Bitmap & ~bit, [.. node.Children.AsSpan(0, index), .. node.Children.AsSpan(index + 1)]);
    }

    /// <summary>A node left with a single leaf is replaced by that leaf: depth follows what is in the table now.</summary>
    private static object? Lifted(Node node) => node.Children switch
    {
        [] => null,
        [Leaf only] => only,
        _ => node,
    };

    private static Leaf? Without(Leaf? leaf, ReadOnlySpan<byte> key)
    {
        if (leaf is null)
            return null;
        var rest = Without(leaf.Next, key);
        return key.SequenceEqual(leaf.Key) ? rest : ReferenceEquals(rest, leaf.Next) ? leaf : leaf with { Next = rest };
    }

    private static uint BitOf(ulong hash, int shift) => 1u << (int)(hash >> shift & 31);

    /// <summary>Leaves whose whole 64-bit hash is equal form a chain.</summary>
    private sealed record Leaf(ulong Hash, byte[] Key, T Value, Leaf? Next);

    private sealed class Node(uint bitmap, object[] children)
    {
        public readonly uint Bitmap = bitmap;
        public readonly object[] Children = children;

        public int IndexOf(uint bit) => BitOperations.PopCount(Bitmap & (bit - 1));

        public Node WithChild(int index, object child)
        {
            var copy = (object[])Children.Clone();
            copy[index] = child;
            return new(Bitmap, copy);
        }
    }
}
