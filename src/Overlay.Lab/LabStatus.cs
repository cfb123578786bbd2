using Overlay.Lab.Supervision;

namespace Overlay.Lab;

/// <summary>How a lab is.</summary>
/// <param name="SupervisorAlive">Without it nothing is started again, and the lab is only fit to be taken down.</param>
/// <param name="Services">Redis, the outside world, and the overlayd of each host.</param>
public sealed record LabStatus(LabState Lab, bool SupervisorAlive, IReadOnlyList<ServiceStatus> Services, IReadOnlyDictionary<string, bool> HostReady)
{
    public bool AllReady => SupervisorAlive && Lab.Hosts.All(h => HostReady.GetValueOrDefault(h.Name));
}
