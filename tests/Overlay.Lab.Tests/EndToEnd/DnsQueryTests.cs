using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

[Collection(LabCollection.Name)]
public sealed class DnsQueryTests(LabOfThree lab)
{
    [Fact]
    public async Task DnsQuery_AsASandbox_ShowsAnswerSourceAndWhatWasLeftOut()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay -o dns.ttl=17");
        var near = await world.CreateNetwork("near", "-d bridge");
        var web = await world.CreateSandbox("web", "h1", $"--network {net} --network name={near},alias=cache");
        var db = await world.CreateSandbox("db", "h2", $"--network {net} --network name={near},alias=cache");
        var address = (await Eventually.Holds(() => lab.In("h1", web, $"dig +short +tries=1 {db}"), ran => ran.Output.Length > 0)).Output.Trim();

        var found = (await lab.Overlay($"dns query --from {web} {db}.{net}")).Ok().Output;
        Assert.Contains("17", found, StringComparison.Ordinal);
        Assert.Contains(address, found, StringComparison.Ordinal);
        Assert.Contains("the sandbox's networks", found, StringComparison.Ordinal);
        Assert.Contains("NXDOMAIN", (await lab.Overlay($"dns query --from {web} -t PTR 9.9.9.10.in-addr.arpa")).Ok().Output, StringComparison.Ordinal);
        Assert.Contains("left out: hosts do not reach each other", (await lab.Overlay($"dns query --from {web} cache")).Ok().Output, StringComparison.Ordinal);
        Assert.Contains($"0 1 80 {db}.{net}.", (await lab.Overlay($"dns query -t SRV _80._tcp.{db}")).Ok().Output, StringComparison.Ordinal);

        var refused = await lab.Overlay($"dns query --from {web} -t NONE {db}");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("TYPE123", refused.Error, StringComparison.Ordinal);
    }
}
