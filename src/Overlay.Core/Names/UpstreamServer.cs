using Overlay.Core.Addressing;

namespace Overlay.Core.Names;

/// <summary>A name server that foreign names are asked of.</summary>
/// <param name="FromSandbox">Asked from the sandbox's own namespace (<c>--dns</c>); otherwise from the host's.</param>
public sealed record UpstreamServer(Address Address, bool FromSandbox, int Port = 53)
{
    public override string ToString() => $"{Address}#{Port}{(FromSandbox ? " from the sandbox" : "")}";
}
