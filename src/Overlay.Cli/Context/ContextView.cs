namespace Overlay.Cli.Context;

/// <summary>One line of <c>context ls</c>.</summary>
internal sealed record ContextView(string Name, string Cluster, IReadOnlyList<string> Gateways, bool InUse);
