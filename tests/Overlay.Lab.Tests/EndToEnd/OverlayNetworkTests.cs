using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

[Collection(LabCollection.Name)]
public sealed class OverlayNetworkTests(LabOfThree lab)
{
    [Fact]
    public async Task Ping_BetweenHosts_LosesNothingAndCarriesFullSize()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        var a = await world.CreateSandbox("a", "h1", $"--network {net}");
        var b = await world.CreateSandbox("b", "h2", $"--network {net}");
        var (addressOfA, addressOfB) = (await world.AddressOf("h1", a), await world.AddressOf("h2", b));

        Assert.Equal((5, 5), World.Packets(await lab.In("h1", a, $"ping -c 5 -i 0.2 {addressOfB}")));
        // 1500 of underlay less 50 of VXLAN, less 28 of IP and ICMP; DF is set.
        Assert.Equal((3, 3), World.Packets(await lab.In("h1", a, $"ping -M do -s 1422 -c 3 -i 0.2 {addressOfB}")));
        Assert.Equal((3, 3), World.Packets(await lab.In("h2", b, $"ping -M do -s 1422 -c 3 -i 0.2 {addressOfA}")));
    }

    [Fact]
    public async Task Dig_AliasOnThreeHosts_GivesEveryAddress()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        var addresses = new List<string>();
        string? asker = null;
        foreach (var host in new[] { "h1", "h2", "h3" })
        {
            var sandbox = await world.CreateSandbox("web-" + host, host, $"--network name={net},alias=shop");
            asker ??= sandbox;
            addresses.Add(await world.AddressOf(host, sandbox));
        }

        foreach (var transport in new[] { "+notcp", "+tcp" })
        {
            var answer = await Eventually.Holds(
                () => lab.In("h1", asker!, $"dig +short {transport} +tries=1 +time=1 shop"),
                ran => ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 3);
            Assert.Equal(addresses.Order(), answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        }

        var reverse = await lab.In("h1", asker!, $"dig +short -x {addresses[1]}");
        Assert.Contains(world.Name("web-h2"), reverse.Output, StringComparison.Ordinal);
        var none = await lab.In("h1", asker!, "dig shop AAAA");
        Assert.Contains("status: NOERROR", none.Output, StringComparison.Ordinal);
        Assert.Contains("ANSWER: 0", none.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Traffic_HostToRemoteSandboxAndSandboxToOutside_Flows()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        _ = await world.CreateSandbox("here", "h1", $"--network {net}");
        var there = await world.CreateSandbox("there", "h2", $"--network {net}");
        var address = await world.AddressOf("h2", there);

        Assert.Equal((3, 3), World.Packets(await lab.On("h1", $"ping -c 3 -i 0.2 {address}")));
        Assert.Equal((3, 3), World.Packets(await lab.In("h2", there, $"ping -c 3 -i 0.2 {lab.Lab.Member("outside").Address}")));
        (await lab.In("h2", there, $"curl -sS -m 5 http://{lab.Lab.Member("outside").Address}/")).Ok();
    }

    [Fact]
    public async Task Underlay_DuringTraffic_CarriesNoArpBroadcastOrUnknownUnicastInsideVxlan()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        var a = await world.CreateSandbox("a", "h1", $"--network {net}");
        var b = await world.CreateSandbox("b", "h2", $"--network {net}");
        var c = await world.CreateSandbox("c", "h3", $"--network {net}");
        var (addressOfB, addressOfC) = (await world.AddressOf("h2", b), await world.AddressOf("h3", c));

        await using var capture = lab.StartOn("h1", "tcpdump", "-i", "eth0", "-n", "-e", "-l", "udp port 4789");
        await Eventually.Holds(
            () => lab.In("h1", a, $"ping -c 1 -W 1 {addressOfB}"), ran => ran.ExitCode == 0);
        await lab.In("h1", a, $"ping -c 3 -i 0.2 {addressOfC}");
        // An address that nobody has: the question for it must not leave the host.
        var nobody = string.Join('.', addressOfB.Split('.').SkipLast(1).Append("250"));
        await lab.In("h1", a, $"ping -c 2 -i 0.2 -W 1 {nobody}");
        await lab.In("h1", a, $"ping -b -c 2 -i 0.2 -W 1 {string.Join('.', addressOfB.Split('.').SkipLast(1).Append("255"))}");
        await lab.On("h1", $"ping -c 2 -i 0.2 {addressOfB}");
        var seen = await capture.Stop();

        Assert.Contains("ICMP echo request", seen.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ARP", seen.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ff:ff:ff:ff:ff:ff", seen.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("neighbor", seen.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(nobody, seen.Output, StringComparison.Ordinal);
    }
}
