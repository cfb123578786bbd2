namespace Overlay.Agent.Liveness;

/// <summary>What the control plane knows of the hosts.</summary>
public interface IClusterMembers
{
    /// <summary>Hosts whose overlayd is a member now; null while this host is none itself, and so knows nothing.</summary>
    IReadOnlySet<string>? Live { get; }
}

/// <summary>For an agent without a cluster's membership: nothing is known of anyone.</summary>
internal sealed class NoClusterMembers : IClusterMembers
{
    public IReadOnlySet<string>? Live => null;
}
