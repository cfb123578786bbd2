namespace Overlay.Linux;

/// <summary>What identifies a namespace: device and inode of its nsfs file. The kernel gives a number to the next
/// namespace as soon as it is free, so the file's time belongs to the identity: it stays as long as something holds the
/// file, a mount or a descriptor.</summary>
/// <param name="Born">Nanoseconds since 1970.</param>
public readonly record struct NamespaceId(ulong Device, ulong Inode, long Born = 0)
{
    public override string ToString() => $"net:[{Inode}]";
}
