using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Overlay.Grains.Store;

/// <summary>A Lua script called by its digest; sent in full when the server does not know it (any more).</summary>
internal sealed class RedisScript(string source)
{
    private readonly string _digest = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(source)));

    public async Task<RedisResult> Evaluate(IDatabase database, string key, params ReadOnlyMemory<RedisValue>[] arguments)
    {
        var call = Arguments(_digest, key, arguments);
        try
        {
            return await database.ExecuteAsync("EVALSHA", call).ConfigureAwait(false);
        }
        catch (RedisServerException error) when (error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            call[0] = source;
            return await database.ExecuteAsync("EVAL", call).ConfigureAwait(false);
        }
    }

    private static object[] Arguments(string script, string key, ReadOnlyMemory<RedisValue>[] arguments)
    {
        var call = new List<object>(3 + arguments.Sum(a => a.Length)) { script, 1, (RedisKey)key };
        foreach (var part in arguments)
        {
            foreach (var value in part.Span)
                call.Add(value);
        }
        return [.. call];
    }
}
