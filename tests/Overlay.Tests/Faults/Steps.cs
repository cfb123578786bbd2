using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Agents;

namespace Overlay.Tests.Faults;

/// <summary>What scenarios are made of. Hosts are h1, where the agent is, and h2 and h3.</summary>
internal static class Steps
{
    // Whether a port is free is asked of the machine that the tests run on: one that hardly any program has.
    private static readonly int FirstPort = Random.Shared.Next(20_000, 29_000);

    public static Step Restart { get; } = new("the agent starts again", w => w.Restart());

    public static Step All(string name, params Step[] steps) => new(name, w =>
    {
        foreach (var step in steps)
            step.Does(w);
    });

    /// <param name="options">As "key=value", beside "internal".</param>
    public static Step Network(string name, string driver, string subnets, params string[] options) => new($"network {name}", w =>
    {
        var network = w.Cluster.NewNetwork(name, driver, subnets.Split(' '));
        w.Objects.Networks[name] = w.Cluster.AddNetwork(network with
        {
            Internal = options.Contains("internal"),
            Options = options.Where(o => o.Contains('=')).Select(o => o.Split('=')).ToImmutableDictionary(o => o[0], o => o[1]),
        });
        w.Cluster.Join(w.Objects.Networks[name], "h1", 1);
        if (driver == "overlay")
            w.Cluster.Join(w.Objects.Networks[name], "h2", 2);
    });

    public static Step Change(string network, Func<NetworkRecord, NetworkRecord> change) => new($"network {network} changes", w =>
        w.Cluster.AddNetwork(w.Objects.Networks[network] = change(w.Objects.Networks[network])));

    public static Step Leave(params string[] networks) => new($"the host leaves {string.Join(' ', networks)}", w =>
    {
        foreach (var name in networks)
            w.Cluster.Leave(w.Objects.Networks[name], "h1");
    });

    /// <summary>The network is no more; the host hears of that before its roster says it.</summary>
    public static Step Drop(string network) => new($"network {network} is removed", w =>
    {
        w.Cluster.Control.Drop(Partitions.Network(w.Objects.Networks[network].Id));
        w.Cluster.Leave(w.Objects.Networks[network], "h1");
    });

    public static Step Host(string name, string tunnel, int mtu = 1500) => new($"host {name} at {tunnel}", w =>
        w.Cluster.Control.Put(Partitions.Hosts, Fields.Host(name), new HostRecord
        {
            Name = name, MachineId = name, TunnelAddress = Address.Parse(tunnel), UnderlayMtu = mtu, Epoch = name,
        }));

    public static Step HostGone(string name) => new($"host {name} is removed", w => w.Cluster.Control.Delete(Partitions.Hosts, Fields.Host(name)));

    public static Step Sandbox(string name, string host = "h1", Func<SandboxRecord, SandboxRecord>? with = null) => new($"sandbox {name}", w =>
    {
        var made = with ?? (s => s);
        w.Objects.Sandboxes[name] = host == "h1"
            ? w.Cluster.AddSandbox(host, name, made)
            : made(new SandboxRecord { Id = w.Cluster.NewId(), Name = name, Host = host, Hostname = name });
    });

    public static Step Update(string sandbox, Func<SandboxRecord, SandboxRecord> change) => new($"sandbox {sandbox} changes", w =>
        w.Cluster.Update(w.Objects.Sandboxes[sandbox] = change(w.Objects.Sandboxes[sandbox])));

    public static Step Remove(params string[] sandboxes) => new($"removing {string.Join(' ', sandboxes)}", w =>
    {
        foreach (var name in sandboxes)
        {
            var sandbox = w.Objects.Sandboxes[name];
            foreach (var (key, endpoint) in w.Objects.Endpoints.Where(e => e.Value.Sandbox == sandbox.Id).ToArray())
                w.Cluster.Disconnect(endpoint, w.Objects.Networks[key.Split(' ')[1]]);
            w.Cluster.Remove(sandbox);
        }
    });

    public static Step Connect(string sandbox, string network, int number, string? link = null, int priority = 0) => new($"connecting {sandbox} to {network}", w =>
    {
        var endpoint = w.Cluster.NewEndpoint(w.Objects.Sandboxes[sandbox], w.Objects.Networks[network], number);
        Put(w, sandbox, network, endpoint with { InterfaceName = link, GatewayPriority = priority });
    });

    public static Step Change(string sandbox, string network, Func<EndpointRecord, EndpointRecord> change) => new($"the endpoint of {sandbox} on {network} changes", w =>
        Put(w, sandbox, network, change(w.Objects.Endpoints[$"{sandbox} {network}"])));

    public static Step Disconnect(string sandbox, string network) => new($"disconnecting {sandbox} from {network}", w =>
        w.Cluster.Disconnect(w.Objects.Endpoints[$"{sandbox} {network}"], w.Objects.Networks[network]));

    /// <summary>Somebody else writes to the kernel; what it wants to change may not be there.</summary>
    public static Step Drift(string name, Func<ScenarioWorld, IEnumerable<KernelChange>> changes, string? sandbox = null) => DriftOf(name, w =>
    {
        var space = sandbox is null ? w.Kernel.Host : w.Kernel.Names().Contains(sandbox) ? w.Kernel.Open(sandbox) : null;
        if (space is null)
            return;
        foreach (var change in changes(w))
            Tried(() => space.Apply([change]));
        if (sandbox is not null)
            space.Dispose();
    });

    public static Step DriftOf(string name, Action<ScenarioWorld> does) => new($"drift: {name}", w => w.Undisturbed(() => Tried(() => does(w))));

    public static PublishedPort Port(int number, string protocol = "tcp") => FakeCluster.Port(FirstPort + number, 80 + number, protocol);

    public static string Bridge(ScenarioWorld w, string network) => "obr" + w.Objects.Networks[network].Id.LinkSuffix;

    public static string Tunnel(ScenarioWorld w, string network) => "ovx" + w.Objects.Networks[network].Id.LinkSuffix;

    public static string Veth(ScenarioWorld w, string sandbox, string network) => "ove" + w.Objects.Endpoints[$"{sandbox} {network}"].Id.LinkSuffix;

    private static void Put(ScenarioWorld w, string sandbox, string network, EndpointRecord endpoint)
    {
        w.Objects.Endpoints[$"{sandbox} {network}"] = endpoint;
        w.Cluster.Control.Put(Partitions.Network(w.Objects.Networks[network].Id), Fields.Endpoint(endpoint.Id), endpoint);
    }

    private static void Tried(Action write)
    {
        try
        {
            write();
        }
        catch (KernelException)
        {
            // A dead agent had not made it yet.
        }
    }
}
