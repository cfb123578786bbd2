using System.Collections.Immutable;

namespace Overlay.Agent.Names;

/// <summary>Which hosts look dead from here. DNS leaves their endpoints out.</summary>
public interface IHostLiveness
{
    ImmutableHashSet<string> Down { get; }

    /// <summary>After <see cref="Down"/> has changed.</summary>
    event Action? Changed;
}

/// <summary>Takes every host for alive: without probes through the tunnel, no host's silence can be told from a slow
/// control plane.</summary>
internal sealed class AllHostsAlive : IHostLiveness
{
    public ImmutableHashSet<string> Down => [];

    public event Action? Changed
    {
        add { }
        remove { }
    }
}
