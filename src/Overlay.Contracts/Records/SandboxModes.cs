namespace Overlay.Contracts.Records;

/// <summary>Whose network stack a sandbox uses.</summary>
public static class SandboxModes
{
    /// <summary>Its own, with endpoints.</summary>
    public const string Isolated = "isolated";

    /// <summary>Its own, with nothing but loopback.</summary>
    public const string None = "none";

    /// <summary>The host's.</summary>
    public const string Host = "host";

    /// <summary>Another sandbox's: <see cref="SandboxRecord.Joins"/>. Written <c>container:NAME</c>, as in Docker.</summary>
    public const string Container = "container";

    /// <summary>It has a namespace of its own.</summary>
    public static bool HasNamespace(this SandboxRecord sandbox) => sandbox.Mode is not (Host or Container);

    /// <summary>
    /// It has a hosts and a resolv.conf of its own. On the host's stack only where something was asked for: otherwise
    /// the host's own files are right, and no copy of them can be out of date.
    /// </summary>
    public static bool HasFiles(this SandboxRecord sandbox) => sandbox.HasNamespace()
        || (sandbox.Mode == Host && !(sandbox.ExtraHosts.IsEmpty && sandbox.DnsServers.IsEmpty && sandbox.DnsSearch.IsEmpty && sandbox.DnsOptions.IsEmpty));

    /// <summary>Its commands have a host name of their own. On the host's stack, as in Docker, only when one was asked for.</summary>
    public static bool HasHostname(this SandboxRecord sandbox) => sandbox.Mode != Host || sandbox.Hostname != sandbox.Id.Short;
}
