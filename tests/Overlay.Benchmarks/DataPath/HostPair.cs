namespace Overlay.Benchmarks.DataPath;

/// <summary>Two namespaces joined by one veth pair, 192.0.2.1 and 192.0.2.2: the underlay, and nothing else.</summary>
internal sealed class HostPair : IDisposable
{
    private readonly string _name;

    public HostPair(string name)
    {
        _name = name;
        try
        {
            foreach (var number in new[] { 1, 2 })
                Shell.Run($"ip netns add {Name(number)} && ip -n {Name(number)} link set lo up");
            Shell.Run($"ip -n {Name(1)} link add eth0 type veth peer name eth0 netns {Name(2)}");
            foreach (var number in new[] { 1, 2 })
                Shell.Run($"ip -n {Name(number)} addr add {Address(number)}/24 dev eth0 && ip -n {Name(number)} link set eth0 up");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name(int number) => $"{_name}{number}";

    public Place Place(int number) => DataPath.Place.Named(Name(number));

    public static string Address(int number) => $"192.0.2.{number}";

    public void Dispose()
    {
        foreach (var number in new[] { 1, 2 })
            Shell.Try($"ip netns del {Name(number)}");
    }
}
