using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>The files from which an agent starts when there is no control plane.</summary>
public sealed class ViewMirrorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(true)]
    // It ended before it had removed the file.
    [InlineData(false)]
    public async Task NetworkThatLeftTheHost_HasNoFileAfterTheNextStart(bool isDown)
    {
        await using var world = new AgentWorld();
        var network = world.Cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var file = Path.Combine(world.Options.StateDirectory, "view", $"network_{network.Id}.json");
        var first = await world.StartAgent();
        await Until(() => File.Exists(file));
        var content = File.ReadAllBytes(file);

        if (isDown)
            await first.DisposeAsync();
        world.Cluster.Leave(network, "h1");
        if (!isDown)
        {
            await Until(() => !File.Exists(file));
            await first.DisposeAsync();
            File.WriteAllBytes(file, content);
        }
        await world.StartAgent();

        await Until(() => !File.Exists(file));
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
            await Task.Delay(20, patience.Token);
    }
}
