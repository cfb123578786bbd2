namespace Overlay.Linux.Rtnetlink;

/// <summary>A namespace that can be named to the kernel by a descriptor of this process.</summary>
internal interface INamespaceFd
{
    int Fd { get; }
}

internal static class NamespaceFd
{
    public static int Of(INetNamespace space) => space is INamespaceFd real
        ? real.Fd
        : throw new ArgumentException($"{space.Name} is no namespace of this kernel", nameof(space));
}
