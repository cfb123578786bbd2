namespace Overlay.Grains.Store;

/// <summary>
/// What runs inside Redis: one script per operation, because a script is atomic and one round trip. Revision and hash
/// are fields of the partition's own hash; '#' starts no other field.
/// </summary>
internal static class RedisScripts
{
    // INFO gives the id of this process of Redis; it is a few microseconds, and nothing cheaper tells a restart.
    private const string RunIdAndTime = """
        local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
        local time = redis.call('TIME')

        """;

    /// <summary>→ run id, seconds, microseconds, field, value, field, value, …</summary>
    public static readonly RedisScript Load = new(RunIdAndTime + """
        return {run, time[1], time[2], redis.call('HGETALL', KEYS[1])}
        """);

    /// <summary>
    /// ARGV: run id, expected revision, expected hash, new revision, new hash, 1 to end the partition, number of puts,
    /// then field and value of each put, then the fields to delete.
    /// → 'ok' | 'conflict', revision, hash | 'run', run id; always with the time.
    /// </summary>
    public static readonly RedisScript Commit = new(RunIdAndTime + """
        if run ~= ARGV[1] then return {'run', time[1], time[2], run} end
        local at = redis.call('HMGET', KEYS[1], '#revision', '#hash')
        local revision, hash = at[1] or '0', at[2] or '0'
        if revision ~= ARGV[2] or hash ~= ARGV[3] then
          return {'conflict', time[1], time[2], revision, hash}
        end
        if ARGV[6] == '1' then
          redis.call('DEL', KEYS[1])
          return {'ok', time[1], time[2]}
        end
        redis.call('HSET', KEYS[1], '#revision', ARGV[4], '#hash', ARGV[5])
        local last = 7 + 2 * tonumber(ARGV[7])
        -- In slices: Lua's stack holds some 8,000 arguments.
        for i = 8, last, 1000 do
          redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, last)))
        end
        for i = last + 1, #ARGV, 1000 do
          redis.call('HDEL', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
        end
        return {'ok', time[1], time[2]}
        """);
}
