using System.Diagnostics.CodeAnalysis;
using Overlay.Core;

namespace Overlay.Agent.Desired;

/// <summary>
/// How a kernel object says whose it is, in its ifalias or comment: <c>overlay:CLUSTER/HOST/OBJECTID</c>. Only an exact
/// cluster and host count as ours: two labs, or two hosts on one machine, never touch each other's.
/// </summary>
public sealed record ObjectMark(string Cluster, string Host)
{
    private string Prefix { get; } = $"overlay:{Cluster}/{Host}/";

    public string Of(ObjectId id) => Prefix + id;

    public bool IsOurs([NotNullWhen(true)] string? text) => TryRead(text, out _);

    public bool TryRead([NotNullWhen(true)] string? text, out ObjectId id)
    {
        id = default;
        return text is not null && text.StartsWith(Prefix, StringComparison.Ordinal) && ObjectId.TryParse(text[Prefix.Length..], out id);
    }
}
