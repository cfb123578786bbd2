using Overlay.Core.Addressing;

namespace Overlay.Core.Ports;

/// <summary>One port of a sandbox to publish.</summary>
/// <param name="Protocol">tcp or udp.</param>
/// <param name="HostAddress">Null: every address of the host.</param>
/// <param name="HostPort">Null: a free one is chosen.</param>
/// <param name="HostPortLast">When set, the first free port from <paramref name="HostPort"/> to here is chosen.</param>
public readonly record struct PortMapping(string Protocol, Address? HostAddress, int? HostPort, int? HostPortLast, int SandboxPort);
