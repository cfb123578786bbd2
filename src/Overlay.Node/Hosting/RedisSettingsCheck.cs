using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Overlay.Node.Hosting;

/// <summary>
/// Whether Redis keeps what it acknowledges. Asked after every connect, for a restarted Redis may have come back with
/// another configuration; said once in the log, and in 'overlay host inspect' as long as it holds.
/// </summary>
internal sealed partial class RedisSettingsCheck(string address, ILogger logger)
{
    private static readonly (string Setting, string Needed, string Otherwise)[] Needs =
    [
        ("appendonly", "yes", "what was acknowledged may be lost when it stops"),
        ("appendfsync", "always", "what was acknowledged in the last second may be lost when it stops"),
        ("maxmemory-policy", "noeviction", "records may be dropped when its memory is full"),
    ];

    private volatile IReadOnlyList<string> _warnings = [];

    public IReadOnlyList<string> Warnings => _warnings;

    public void Watch(IConnectionMultiplexer connection)
    {
        connection.ConnectionRestored += (_, restored) =>
        {
            if (restored.ConnectionType == ConnectionType.Interactive)
                _ = Check(connection);
        };
        _ = Check(connection);
    }

    private async Task Check(IConnectionMultiplexer connection)
    {
        try
        {
            var found = new List<string>();
            foreach (var (setting, needed, otherwise) in Needs)
            {
                var reply = (RedisValue[])(await connection.GetDatabase().ExecuteAsync("CONFIG", "GET", setting))!;
                if (reply is [_, var value] && value != needed)
                    found.Add($"Redis at {address} has {setting} {value}: {otherwise}; set it to {needed}");
            }
            Say(found);
        }
        catch (RedisServerException refused)
        {
            // Hosted ones rename or forbid CONFIG.
            Say([$"Redis at {address} does not tell its settings ({refused.Message}); it must run with appendonly yes, appendfsync always and maxmemory-policy noeviction"]);
        }
        catch (Exception error) when (error is RedisException or TimeoutException or ObjectDisposedException)
        {
            // Gone again: the next connect asks again.
        }
    }

    private void Say(IReadOnlyList<string> found)
    {
        foreach (var warning in found.Except(_warnings))
            Weak(warning);
        _warnings = found;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private partial void Weak(string warning);
}
