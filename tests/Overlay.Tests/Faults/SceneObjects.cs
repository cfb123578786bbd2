using Overlay.Contracts.Records;

namespace Overlay.Tests.Faults;

/// <summary>The records that steps have made, so that later steps can change them.</summary>
internal sealed class SceneObjects
{
    public Dictionary<string, NetworkRecord> Networks { get; } = [];

    public Dictionary<string, SandboxRecord> Sandboxes { get; } = [];

    /// <summary>By "SANDBOX NETWORK".</summary>
    public Dictionary<string, EndpointRecord> Endpoints { get; } = [];
}
