using Overlay.Core.Addressing;

namespace Overlay.Agent;

/// <summary>What the agent must know of its host; checked by whoever made it.</summary>
public sealed record AgentOptions
{
    public required string Cluster { get; init; }

    public required string HostName { get; init; }

    /// <summary>Where the other hosts send VXLAN to: an address of a link of this host.</summary>
    public required Address TunnelAddress { get; init; }

    /// <summary>Outlives a reboot: the last view, recorded sysctls, outputs of commands.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Ends with a reboot, as namespaces do: which namespaces are ours.</summary>
    public required string RunDirectory { get; init; }

    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>The servers behind systemd-resolved's stub, used where <see cref="ResolvConf"/> names the stub.</summary>
    public string ResolvedConf { get; init; } = "/run/systemd/resolve/resolv.conf";

    public string HostsFile { get; init; } = "/etc/hosts";

    /// <summary>Where iproute2 looks for a namespace's own files of /etc.</summary>
    public string NamespaceFiles { get; init; } = "/etc/netns";

    /// <summary>Where the kernel lists its processes.</summary>
    public string Processes { get; init; } = "/proc";

    public string MachineIdFile { get; init; } = Contracts.Hosts.MachineId.File;

    public int VxlanPort { get; init; } = 4789;

    public string Version { get; init; } = "";

    public string Role { get; init; } = "all";

    /// <summary>Feeds are pulled this often, whether or not a hint came.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Everything is dumped and compared this often, whether or not the kernel reported a change.</summary>
    public TimeSpan ResyncInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// From a kernel notification to the pass that looks at it: our own writes are reported too, and one look is enough
    /// for a burst.
    /// </summary>
    public TimeSpan DriftDelay { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>From SIGTERM to SIGKILL when a sandbox is stopped.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);
}
