using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

[Collection(LabCollection.Name)]
public sealed class ParentNetworkTests(LabOfThree lab)
{
    [Fact]
    public async Task Macvlan_SandboxesOfTwoHosts_MeetOnTheUnderlayByName()
    {
        await using var world = new World(lab);
        var lan = await world.CreateNetwork("lan", "-d macvlan -o parent=eth0 --subnet 192.168.113.0/24");
        var a = await world.CreateSandbox("a", "h1", $"--network {lan}");
        var b = await world.CreateSandbox("b", "h2", $"--network {lan}");
        Assert.Equal((3, 3), World.Packets(await lab.In("h1", a, $"ping -c 3 -i 0.2 {b}")));
        Assert.Equal("192.168.113.2", await world.AddressOf("h1", a));

        var refused = await lab.Overlay($"run -d --host h1 --name {world.Sandbox("c")} --network {lan} -p 80:80 -- sleep 9");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("driver macvlan", refused.Error, StringComparison.Ordinal);
        var nothing = await lab.Overlay($"network create -d ipvlan {world.Network("none")}");
        Assert.Equal(1, nothing.ExitCode);
        Assert.Contains("-o parent=eth0", nothing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Macvlan_ParentThatIsNotThere_IsRefusedWithTheHostAndTheLink_AndLeavesNothing()
    {
        await using var world = new World(lab);
        var lan = await world.CreateNetwork("lan", "-d macvlan -o parent=nosuch0 --subnet 192.168.114.0/24");
        var refused = await lab.Overlay($"sandbox create --host h1 --network {lan} --name {world.Sandbox("a")}");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("h1", refused.Error, StringComparison.Ordinal);
        Assert.Contains("there is no link nosuch0", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Name("a"), (await lab.Overlay("sandbox ls")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Macvlan_AddressThatAMachineOfTheNetworkHas_IsRefusedWithItsMac_AndLeavesNothing()
    {
        await using var world = new World(lab);
        var lan = await world.CreateNetwork("lan", "-d macvlan -o parent=eth0 --subnet 192.168.115.0/24");
        var there = await world.CreateSandbox("there", "h2", "");
        (await lab.On("outside", "ip addr add 192.168.115.50/24 dev eth0")).Ok();
        var mac = (await lab.On("outside", "ip -o link show eth0")).Output.Split("link/ether ")[1].Split(' ')[0];
        var run = $"run -d --host h1 --name {world.Sandbox("a")} --network {lan} --ip 192.168.115.50 -- sleep 60";
        try
        {
            foreach (var refused in new[] { await lab.Overlay(run), await lab.Overlay($"network connect --ip 192.168.115.50 {lan} {there}") })
            {
                Assert.NotEqual(0, refused.ExitCode);
                Assert.True(refused.Error.Contains($"address 192.168.115.50 is in use on eth0 by {mac}", StringComparison.Ordinal), $"{refused.Error} does not name {mac}");
            }
            Assert.DoesNotContain(world.Name("a"), (await lab.Overlay("sandbox ls")).Output, StringComparison.Ordinal);
            Assert.DoesNotContain("192.168.115.50", (await lab.Overlay($"network inspect {lan}")).Output, StringComparison.Ordinal);
        }
        finally
        {
            (await lab.On("outside", "ip addr del 192.168.115.50/24 dev eth0")).Ok();
        }
        (await lab.Overlay(run)).Ok();
        Assert.Equal("192.168.115.50", await world.AddressOf("h1", world.Name("a")));
    }
}
