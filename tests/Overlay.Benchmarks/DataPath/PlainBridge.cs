namespace Overlay.Benchmarks.DataPath;

/// <summary>A bridge with two namespaces on it, in a host that forwards and has no filter: what a path costs at least.</summary>
internal sealed class PlainBridge : IDisposable
{
    public const string Subnet = "10.41.0.0/24", ServerAddress = "10.41.0.11";

    private readonly string _host;

    public PlainBridge(string host)
    {
        _host = host;
        try
        {
            Shell.Run($"ip -n {host} link add br0 type bridge && ip -n {host} addr add 10.41.0.1/24 dev br0 && ip -n {host} link set br0 up"
                + $" && ip netns exec {host} sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0");
            foreach (var number in new[] { 11, 12 })
            {
                var space = Name(number);
                Shell.Run($"ip netns add {space} && ip -n {host} link add p{number} type veth peer name eth0 netns {space}"
                    + $" && ip -n {host} link set p{number} master br0 up && ip -n {space} link set lo up && ip -n {space} link set eth0 up"
                    + $" && ip -n {space} addr add 10.41.0.{number}/24 dev eth0 && ip -n {space} route add default via 10.41.0.1");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Place Server => Place.Named(Name(11));

    public Place Neighbour => Place.Named(Name(12));

    public void Dispose()
    {
        foreach (var number in new[] { 11, 12 })
            Shell.Try($"ip netns del {Name(number)}");
    }

    private string Name(int number) => $"{_host}-{number}";
}
