using Overlay.Agent;
using Overlay.Testing.Agents;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Two hosts and a stranger on one underlay, each a namespace of a random name, with an agent on each host.</summary>
internal sealed class TwoHosts : IAsyncDisposable
{
    private readonly Kernel _kernel = new();
    private readonly List<string> _sandboxes = [];

    public TwoHosts()
    {
        Unique = Guid.NewGuid().ToString("N")[..6];
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "h1"));
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "h2"));
        Shell.Run($"ip netns add {Switch} && ip -n {Switch} link add br0 type bridge && ip -n {Switch} link set br0 up");
        foreach (var (space, number) in new[] { (Host(1), 1), (Host(2), 2), (Outside, 9) })
        {
            Shell.Run($"ip netns add {space} && ip -n {space} link set lo up"
                + $" && ip -n {Switch} link add p{number} type veth peer name eth0 netns {space}"
                + $" && ip -n {Switch} link set p{number} master br0 up && ip -n {space} link set eth0 up"
                + $" && ip -n {space} addr add 192.0.2.{number}/24 dev eth0 && ip -n {space} addr add fd99::{number}/64 dev eth0 nodad"
                + $" && ip -n {space} route add default via 192.0.2.9; ip -n {space} link show eth0 >/dev/null");
        }
    }

    /// <summary>The test's own, removed at its end.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("overlay-agent-").FullName;

    public FakeCluster Cluster { get; } = new();

    public string Unique { get; }

    public FakeSocketStore Sockets { get; } = new();

    public List<TestAgent> Agents { get; } = [];

    public string Outside => $"{Unique}-x";

    private string Switch => $"{Unique}-s";

    public string Host(int number) => $"{Unique}-h{number}";

    /// <summary>Sandbox names share /run/netns with everything else on the machine.</summary>
    public string Name(string name)
    {
        _sandboxes.Add($"{Unique}-{name}");
        return $"{Unique}-{name}";
    }

    public AgentOptions Options(int number) => TestAgent.Options($"h{number}", $"192.0.2.{number}", Directory);

    public async Task<TestAgent> StartAgent(int number, IKernel? kernel = null, Func<AgentOptions, AgentOptions>? with = null)
    {
        var options = Options(number);
        var agent = await TestAgent.StartAsync(with?.Invoke(options) ?? options, kernel ?? Rooted(number), Cluster.Control, Sockets);
        Agents.Add(agent);
        return agent;
    }

    /// <summary>Takes a host's cable out, or puts it in again.</summary>
    public void SetLink(int number, string upOrDown) => Shell.Run($"ip -n {Switch} link set p{number} {upOrDown}");

    /// <summary>What the switch carries to a host; the host's own link goes on saying 1500.</summary>
    public void SetPathMtu(int number, int mtu) => Shell.Run($"ip -n {Switch} link set p{number} mtu {mtu}");

    /// <summary>A second link of a host on the same underlay, up and without addresses.</summary>
    public void AddCable(int number, string name) => Shell.Run($"ip -n {Switch} link add s{number} type veth peer name {name} netns {Host(number)}"
        + $" && ip -n {Switch} link set s{number} master br0 up && ip -n {Host(number)} link set {name} up");

    /// <summary>The underlay's switch sends a host's frames back to it when they are for something behind the same port.</summary>
    public void Reflect(int number) => Shell.Run($"ip -n {Switch} link set p{number} type bridge_slave hairpin on");

    public IKernel Rooted(int number) => new RootedKernel(_kernel, Host(number));

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Agents)
            await agent.DisposeAsync();
        Sockets.Dispose();
        foreach (var space in _sandboxes.Concat([Host(1), Host(2), Outside, Switch]))
            Shell.Try($"ip netns pids {space} | xargs -r kill -9; ip netns del {space}");
        _kernel.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
