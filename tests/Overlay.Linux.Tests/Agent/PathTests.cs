using Overlay.Contracts.Records;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class PathTests
{
    // A bridge leaves room for a VLAN tag above a port's MTU, whether or not there is one.
    private const int Carried = 1400 + 4 - 50;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Underlay_NarrowerOnTheWayThanItsEnds_IsReportedWithTheSizeThatPasses()
    {
        await using var world = new TwoHosts();
        var (first, second) = (await world.StartAgent(1), await world.StartAgent(2));
        var cluster = world.Cluster;
        var network = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        cluster.Join(network, "h1", 1);
        cluster.Join(network, "h2", 2);
        var a = cluster.AddSandbox("h1", world.Name("a"));
        var b = cluster.AddSandbox("h2", world.Name("b"));
        cluster.Connect(a, network, 11);
        cluster.Connect(b, network, 12);
        string[] of = [Partitions.Network(network.Id), Partitions.Hosts];
        await first.Applied(a.Id, [.. of, Partitions.Roster("h1")]);
        await second.Applied(b.Id, [.. of, Partitions.Roster("h2")]);
        Assert.Empty(first.Local.Status().Problems);

        // The switch drops what is larger without a word, as switches do.
        world.SetPathMtu(2, 1400);
        var problem = await Until(() => first.Local.Status().Problems.FirstOrDefault());
        Assert.StartsWith($"network shop: packets of 1450 bytes, its MTU, do not reach host h2 and come back, those of up to {Carried} do: something between 192.0.2.1 and 192.0.2.2 carries {1450 - Carried} bytes less", problem);
        await Until(() => second.Local.Status().Problems.FirstOrDefault(p => p.Contains("do not reach host h1")));
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 5 -M do -s {Carried - 28} 10.40.0.12");
        Assert.NotEqual(0, Shell.Try($"ip netns exec {a.Name} ping -c 1 -W 1 -M do -s {Carried + 1 - 28} 10.40.0.12").Code);

        world.SetPathMtu(2, 1500);
        await Until(() => first.Local.Status().Problems.IsEmpty ? "" : null);
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 5 -M do -s {1450 - 28} 10.40.0.12");
    }

    private static async Task<string> Until(Func<string?> look)
    {
        using var patience = new CancellationTokenSource(Patience);
        string? found;
        while ((found = look()) is null)
            await Task.Delay(50, patience.Token);
        return found;
    }
}
