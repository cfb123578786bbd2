using Overlay.Linux.Namespaces;

namespace Overlay.Linux;

public sealed record KernelOptions
{
    /// <summary>Where namespaces have their names.</summary>
    public string NamespaceDirectory { get; init; } = NamespaceFiles.DefaultDirectory;
}
