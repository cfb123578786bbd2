namespace Overlay.Linux;

/// <summary>What identifies a namespace while it lives: device and inode of its nsfs file. An inode can be used
/// again after the namespace is gone, so this is no identity over time.</summary>
public readonly record struct NamespaceId(ulong Device, ulong Inode)
{
    public override string ToString() => $"net:[{Inode}]";
}
