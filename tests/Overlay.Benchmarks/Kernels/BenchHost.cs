using Overlay.Contracts.Records;
using Overlay.Linux;
using Overlay.Testing.Agents;

namespace Overlay.Benchmarks.Kernels;

/// <summary>One host, a namespace, with an agent over a control plane in memory: what a change costs from the view to the kernel.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
    private readonly Kernel _kernel;
    private readonly FakeSocketStore _sockets = new();
    private readonly INetNamespace _host;
    private TestAgent? _agent;

    public BenchHost(Kernel kernel, string name)
    {
        _kernel = kernel;
        Name = name;
        _host = kernel.Create(name);
        Directory.CreateDirectory(Path.Combine(_directory, "h1"));
        File.WriteAllText(Path.Combine(_directory, "h1", "resolv.conf"), "nameserver 192.0.2.53\n");
    }

    public string Name { get; }

    public FakeCluster Cluster { get; } = new();

    public INetNamespace Space => _host;

    public string SandboxName(int number) => $"{Name}-{number}";

    public async Task StartAsync() =>
        _agent = await TestAgent.StartAsync(TestAgent.Options("h1", "192.0.2.1", _directory), new RootedKernel(_kernel, Name), Cluster.Control, _sockets);

    public Task Applied(SandboxRecord sandbox, params string[] partitions) => _agent!.Applied(sandbox.Id, partitions);

    public Task Applied(params string[] partitions) => _agent!.Applied(null, partitions);

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
            await _agent.DisposeAsync();
        _sockets.Dispose();
        _host.Dispose();
        foreach (var name in _kernel.Names().Where(n => n == Name || n.StartsWith(Name + "-", StringComparison.Ordinal)))
            _kernel.Delete(name);
        Directory.Delete(_directory, recursive: true);
    }
}
