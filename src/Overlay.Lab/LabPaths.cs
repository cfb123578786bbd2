using Overlay.Core;

namespace Overlay.Lab;

/// <summary>Where a lab keeps what: everything under one directory.</summary>
public sealed class LabPaths
{
    public const string Root = "/run/overlay-lab";

    // A Unix socket's path takes 107 bytes, and the notify sockets lie deepest.
    private const int MaxNameLength = 32;

    public LabPaths(string name)
    {
        ObjectName.Require("lab", name);
        if (name.Length > MaxNameLength)
        {
            throw new RefusalException(ErrorCodes.InvalidName, $"'{name}' cannot name a lab: it may have up to {MaxNameLength} characters", ("name", name));
        }
        Lab = Path.Combine(Root, name);
    }

    /// <summary>Held while a subnet is chosen, or what all labs share is made or taken away.</summary>
    public static string CommonLock => Path.Combine(Root, "lock");

    public string Lab { get; }

    /// <summary>Held while the lab goes up or down.</summary>
    public string Lock => Lab + ".lock";

    public string State => Path.Combine(Lab, "lab.json");

    public string Certificates => Path.Combine(Lab, "certificates");

    public string Client => Path.Combine(Lab, "client");

    public string SupervisorSocket => Path.Combine(Lab, "supervisor.sock");

    public string SupervisorLog => Path.Combine(Lab, "supervisor.log");

    /// <summary>The member's own directory; a host sees it at this same path.</summary>
    public string Member(string name) => Path.Combine(Lab, "hosts", name);

    public string HolderLog(string name) => Path.Combine(Member(name), "holder.log");

    public string Log(string name) => Path.Combine(Member(name), "log");

    public string NotifySocket(string name) => Path.Combine(Member(name), "notify.sock");

    public string HostCertificates(string name) => Path.Combine(Member(name), "certificates");

    public string RedisPassword(string name) => Path.Combine(Member(name), "redis.password");

    public string RedisConfiguration => Path.Combine(Member("redis"), "redis.conf");

    /// <summary>Names of the labs that have a directory, up or not.</summary>
    public static IReadOnlyList<string> Names() =>
        Directory.Exists(Root)
            ? [.. Directory.EnumerateDirectories(Root).Select(d => Path.GetFileName(d)).Where(ObjectName.IsValid).Order(StringComparer.Ordinal)]
            : [];
}
