using System.Collections.Immutable;
using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Core.Names;

/// <summary>What a resolv.conf(5) says: servers, search domains, options; all else in it is ignored, as the C library does.</summary>
public sealed record ResolvConf(ImmutableArray<Address> Servers, ImmutableArray<string> Search, ImmutableArray<string> Options)
{
    /// <summary>Where sandboxes ask. The kernel maps port 53 of it to the port that is really listened on.</summary>
    public static readonly Address SandboxServer = Address.Parse("127.0.0.11");

    public static readonly ResolvConf Empty = new([], [], []);

    /// <summary>The local stub of systemd-resolved, which no other namespace can reach.</summary>
    private static readonly Address ResolvedStub = Address.Parse("127.0.0.53");

    /// <summary>Reads what it understands and skips the rest; of several search (or domain) lines the last one counts.</summary>
    public static ResolvConf Parse(string text)
    {
        var servers = ImmutableArray.CreateBuilder<Address>();
        ImmutableArray<string> search = [];
        var options = ImmutableArray.CreateBuilder<string>();
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0 || line[0] is '#' or ';')
                continue;
            var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var server, ..] when ParseServer(server) is { } address && !servers.Contains(address):
                    servers.Add(address);
                    break;
                case ["search", ..]:
                    search = [.. words[1..]];
                    break;
                case ["domain", var domain, ..]:
                    search = [domain];
                    break;
                case ["options", ..]:
                    options.AddRange(words[1..]);
                    break;
            }
        }
        return new(servers.ToImmutable(), search, options.ToImmutable());
    }

    /// <summary>
    /// The host's own settings with systemd-resolved's stub replaced by the servers behind it
    /// (<c>/run/systemd/resolve/resolv.conf</c>; null when there is no such file).
    /// </summary>
    public static ResolvConf OfHost(string resolvConf, string? behindResolved)
    {
        var host = Parse(resolvConf);
        if (!host.Servers.Contains(ResolvedStub))
            return host;
        var behind = behindResolved is null ? Empty : Parse(behindResolved);
        return host with
        {
            Servers = [.. host.Servers.Remove(ResolvedStub).Concat(behind.Servers.Remove(ResolvedStub)).Distinct()],
            Search = host.Search.IsEmpty ? behind.Search : host.Search,
        };
    }

    /// <summary>The file of a sandbox that asks us: ndots 0, so that NAME is asked as it is before any search domain.</summary>
    public static ResolvConf ForSandbox(IEnumerable<string> search, IEnumerable<string> options)
    {
        ImmutableArray<string> given = [.. options];
        return new([SandboxServer], [.. search], given.Any(o => o.StartsWith("ndots:", StringComparison.Ordinal)) ? given : given.Add("ndots:0"));
    }

    public string Render()
    {
        var text = new StringBuilder();
        foreach (var server in Servers)
            text.Append("nameserver ").Append(server).Append('\n');
        if (!Search.IsEmpty)
            text.Append("search ").AppendJoin(' ', Search).Append('\n');
        if (!Options.IsEmpty)
            text.Append("options ").AppendJoin(' ', Options).Append('\n');
        return text.ToString();
    }

    /// <summary>A zone (fe80::1%eth0) is meaningless in another namespace: such a server is skipped.</summary>
    private static Address? ParseServer(string text) => Address.TryParse(text, out var address) ? address : null;
}
