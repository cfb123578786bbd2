namespace Overlay.Lab.Up;

/// <summary>The lab's store: durable before it answers, never evicting, reachable only with the password.</summary>
internal static class RedisConfiguration
{
    public static string Render(LabMember redis, string directory, string password) => $"""
        bind {redis.Address} {redis.Address6}
        port {AddressPlan.RedisPort}
        protected-mode yes
        requirepass {password}
        daemonize no
        supervised no
        dir {directory}
        appendonly yes
        appendfsync always
        save ""
        maxmemory-policy noeviction
        tcp-keepalive 30
        logfile ""

        """;
}
