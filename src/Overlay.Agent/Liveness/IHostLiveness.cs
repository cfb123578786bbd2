using System.Collections.Immutable;

namespace Overlay.Agent.Liveness;

/// <summary>Which hosts look dead from here. DNS leaves their endpoints out.</summary>
public interface IHostLiveness
{
    ImmutableDictionary<string, HostDown> Down { get; }

    /// <summary>After <see cref="Down"/> has changed.</summary>
    event Action? Changed;
}

/// <param name="ByMembership">The cluster's membership says so, because probes could not tell; else the host has ceased
/// to answer them.</param>
public sealed record HostDown(DateTimeOffset Since, bool ByMembership)
{
    public override string ToString() => ByMembership
        ? $"is not in the cluster since {Since:u}"
        : $"does not answer through the tunnel since {Since:u}";
}
