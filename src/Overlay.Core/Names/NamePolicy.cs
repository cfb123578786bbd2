namespace Overlay.Core.Names;

public enum NamePreference
{
    /// <summary>All endpoints, on whatever host.</summary>
    Spread,

    /// <summary>Endpoints on the asker's host, as long as one of them is alive and not draining.</summary>
    Local,
}

/// <summary>How a name with several endpoints is answered.</summary>
/// <param name="Ttl">Null: the network's.</param>
public sealed record NamePolicy(NamePreference Preference = NamePreference.Spread, TimeSpan? Ttl = null)
{
    public static readonly NamePolicy Default = new();
}
