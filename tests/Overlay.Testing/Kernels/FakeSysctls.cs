namespace Overlay.Testing.Kernels;

/// <summary>The settings a new namespace has, as far as anyone here asks for them.</summary>
internal sealed class FakeSysctls(FakeNamespaceState space)
{
    /// <summary>Of a kernel of 250 Hz.</summary>
    private const int TickMilliseconds = 4;

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal)
    {
        ["net/ipv4/ip_forward"] = "0",
        ["net/ipv4/ip_unprivileged_port_start"] = "1024",
        ["net/ipv4/ping_group_range"] = "1\t0",
        // A new namespace starts with these on, whatever the host's are.
        ["net/bridge/bridge-nf-call-iptables"] = "1",
        ["net/bridge/bridge-nf-call-ip6tables"] = "1",
        ["net/bridge/bridge-nf-call-arptables"] = "1",
    };

    public string? Read(string name)
    {
        var path = PathOf(name);
        return _values.TryGetValue(path, out var value) ? value : Exists(path) ? "0" : null;
    }

    public bool Write(string name, string value)
    {
        var path = PathOf(name);
        if (!_values.ContainsKey(path) && !Exists(path))
            return false;
        _values[path] = IsTime(path) && int.TryParse(value, out var time) ? (time / TickMilliseconds * TickMilliseconds).ToString() : value;
        return true;
    }

    public void Forget(string link)
    {
        foreach (var path in _values.Keys.Where(path => path.Split('/') is [_, _, _, var name, _] && name == link).ToList())
            _values.Remove(path);
    }

    public IEnumerable<string> Print() =>
        _values.Where(v => v.Value != "0").OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key} = {v.Value}");

    /// <summary>net/ipv4/conf/LINK/NAME and its like exist as long as the link.</summary>
    private bool Exists(string path) =>
        path.Split('/') is ["net", "ipv4" or "ipv6", "conf" or "neigh", var link, _]
        && (link is "all" or "default" || space.Links.ContainsKey(link));

    /// <summary>Kept in ticks of the kernel's clock: what is read is not always what was written.</summary>
    private static bool IsTime(string path) => path.EndsWith("_time_ms", StringComparison.Ordinal);

    private static string PathOf(string name) => name.Contains('/') ? name : name.Replace('.', '/');
}
