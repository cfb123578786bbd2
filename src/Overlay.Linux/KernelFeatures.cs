namespace Overlay.Linux;

/// <summary>What was found missing, each as a sentence that says what is missing and what would bring it.</summary>
public sealed record KernelFeatures(IReadOnlyList<string> Missing)
{
    public bool Complete => Missing.Count == 0;
}
