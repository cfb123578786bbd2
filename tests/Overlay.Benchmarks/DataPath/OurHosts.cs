using Overlay.Contracts.Records;
using Overlay.Linux;
using Overlay.Testing.Agents;

namespace Overlay.Benchmarks.DataPath;

/// <summary>
/// A pair of hosts that the real agent programs. It is stopped before anything is measured, as SIGKILL would: the data
/// path stays as it is, and nobody repairs what a variant changes in it.
/// </summary>
internal sealed class OurHosts : IDisposable
{
    private readonly Kernel _kernel = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
    private readonly FakeSocketStore _sockets = new();
    private readonly FakeCluster _cluster = new();
    private readonly List<SandboxRecord> _sandboxes = [];
    private readonly string _name;

    public OurHosts(string name)
    {
        _name = name;
        Hosts = new(name);
    }

    public HostPair Hosts { get; }

    /// <param name="hosts">The host of each sandbox, 1 or 2.</param>
    /// <param name="ports">Published by the first.</param>
    /// <returns>The sandboxes' names and addresses.</returns>
    public async Task<(string Name, string Address)[]> MakeAsync(string driver, int[] hosts, params PublishedPort[] ports)
    {
        var network = _cluster.AddNetwork("n", driver, "10.40.0.0/24");
        var members = hosts.Distinct().ToArray();
        foreach (var host in members)
            _cluster.Join(network, $"h{host}", host);
        foreach (var (number, host) in hosts.Index())
        {
            var sandbox = _cluster.AddSandbox($"h{host}", $"{_name}-s{number}", s => s with { Ports = number == 0 ? [.. ports] : [] });
            _sandboxes.Add(sandbox);
            _cluster.Connect(sandbox, network, 11 + number);
        }
        var agents = new List<TestAgent>();
        try
        {
            foreach (var host in members)
                agents.Add(await StartAsync(host));
            foreach (var (agent, host) in agents.Zip(members))
            {
                foreach (var sandbox in _sandboxes.Where(s => s.Host == $"h{host}"))
                    await agent.Applied(sandbox.Id, Partitions.Hosts, Partitions.Network(network.Id), Partitions.Roster($"h{host}"));
            }
        }
        finally
        {
            foreach (var agent in agents)
                await agent.DisposeAsync();
        }
        return [.. _sandboxes.Select((s, i) => (s.Name, $"10.40.0.{11 + i}"))];
    }

    public void Dispose()
    {
        // It holds the sockets of the sandboxes' name servers, and these their namespaces.
        _sockets.Dispose();
        foreach (var sandbox in _sandboxes)
            Shell.Try($"ip netns del {sandbox.Name}");
        Hosts.Dispose();
        _kernel.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<TestAgent> StartAsync(int host)
    {
        Directory.CreateDirectory(Path.Combine(_directory, $"h{host}"));
        await File.WriteAllTextAsync(Path.Combine(_directory, $"h{host}", "resolv.conf"), "nameserver 192.0.2.53\n");
        return await TestAgent.StartAsync(
            TestAgent.Options($"h{host}", HostPair.Address(host), _directory), new RootedKernel(_kernel, Hosts.Name(host)), _cluster.Control, _sockets);
    }
}
