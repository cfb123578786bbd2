using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Overlay.Lab.Tests.EndToEnd;
using Xunit;
using Xunit.Abstractions;

namespace Overlay.Lab.Tests.Soak;

/// <summary>
/// Three hosts under random commands, kills, damage and load: a flow that nobody touches loses nothing, and at the end
/// each host is as it was. OVERLAY_SOAK_SECONDS is its length (180), OVERLAY_SOAK_SEED repeats a run's choices.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class SoakTests(LabOfThree lab, ITestOutputHelper output)
{
    private static readonly string[] Hosts = ["h1", "h2", "h3"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RandomWorkKillsAndDamage_LoseNoPacketOfAnotherFlow_AndLeaveNothing()
    {
        var length = TimeSpan.FromSeconds(Setting("OVERLAY_SOAK_SECONDS", 180));
        var seed = Setting("OVERLAY_SOAK_SEED", Random.Shared.Next(1_000_000));
        output.WriteLine($"OVERLAY_SOAK_SECONDS={length.TotalSeconds} OVERLAY_SOAK_SEED={seed}");
        var before = await Pictures();
        SoakActions? actions = null;
        try
        {
            await using (var world = new World(lab))
            {
                var spared = await world.CreateNetwork("control", "-d overlay");
                actions = new(lab, seed, await LinkSuffix(spared));
                await Soak(world, spared, actions, length);
                await RemoveAll(world, spared);
            }
            await Eventually.Holds(() => NamesLeft(), ran => ran.Output.Length == 0, Patience);
            await LookUntil(async () => Differences(before, await Pictures()), "the hosts differ from what they were (- before, + now)");
        }
        catch (Exception e)
        {
            // What went wrong is last: of a long output the end is what stays.
            throw new Xunit.Sdk.XunitException($"what was done:\n{actions?.Log}\nseed {seed}: {e}");
        }
    }

    private async Task Soak(World world, string spared, SoakActions actions, TimeSpan length)
    {
        var (near, far) = (await world.CreateSandbox("control-a", "h1", $"--network {spared}"), await world.CreateSandbox("control-b", "h2", $"--network {spared}"));
        var to = IPAddress.Parse(await world.AddressOf("h2", far));
        await Eventually.Holds(() => lab.In("h1", near, $"ping -c 1 -W 1 {to}"), ran => ran.ExitCode == 0);
        using var kernel = new Linux.Kernel();
        using var nearSpace = kernel.OpenPath(PathOf("h1", near));
        using var farSpace = kernel.OpenPath(PathOf("h2", far));
        await using var flow = new ControlFlow(nearSpace, farSpace, to);
        await using (Load())
        await using (Load())
            await Task.WhenAll(actions.Commands(length), actions.Damage(length));
        var lost = await flow.Stop();
        output.WriteLine($"{actions.Count} things done; {flow.Sent} datagrams, {lost.Count} lost; slowest round trip of the connection {flow.WorstRoundTrip.TotalMilliseconds:F0} ms");
        Assert.True(lost.Count == 0, $"{lost.Count} of {flow.Sent} datagrams lost, sent at {string.Join(", ", lost.Select(l => l.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)))} s");
    }

    /// <summary>Everything but the networks first: what is then still leased has no owner.</summary>
    private async Task RemoveAll(World world, string spared)
    {
        foreach (var sandbox in Lines(await lab.Overlay("sandbox ls -q")))
            (await lab.Overlay($"sandbox rm -f {sandbox}")).Ok();
        var networks = Lines((await lab.Overlay("network ls --filter type=custom -q")).Ok()).ToList();
        foreach (var network in networks)
            await LookUntil(async () => await InUse(network) is var inUse and > 0 ? [$"{network}: {inUse} addresses in use without a sandbox"] : [], "leases without an owner");
        foreach (var network in networks)
            (await lab.Overlay($"network rm {network}")).Ok();
    }

    private async Task<int> InUse(string network)
    {
        using var details = JsonDocument.Parse((await lab.Overlay($"network inspect {network} --format json")).Ok().Output);
        var root = details.RootElement.ValueKind == JsonValueKind.Array ? details.RootElement[0] : details.RootElement;
        return root.GetProperty("subnets").EnumerateArray().Sum(s => s.GetProperty("addressesInUse").GetInt32());
    }

    private Task<Ran> NamesLeft() => lab.Overlay("sandbox ls -q");

    private async Task<string> LinkSuffix(string network)
    {
        var id = Lines((await lab.Overlay($"network ls -q --no-trunc --filter name={network}")).Ok()).Single();
        return Core.ObjectId.Parse(id).LinkSuffix;
    }

    private async Task<Dictionary<string, IReadOnlyList<string>>> Pictures()
    {
        var pictures = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var host in Hosts)
            pictures[host] = await HostPicture.Take(lab, host);
        return pictures;
    }

    private static List<string> Differences(Dictionary<string, IReadOnlyList<string>> before, Dictionary<string, IReadOnlyList<string>> after) =>
        [.. Hosts.SelectMany(h => HostPicture.Differences(before[h], after[h]).Select(d => $"{h}: {d}"))];

    private static async Task LookUntil(Func<Task<IReadOnlyCollection<string>>> look, string what)
    {
        var clock = Stopwatch.StartNew();
        IReadOnlyCollection<string> seen;
        while ((seen = await look()).Count > 0)
        {
            if (clock.Elapsed > Patience)
                throw new Xunit.Sdk.XunitException($"{what}, after {Patience.TotalSeconds} s:\n{string.Join('\n', seen)}");
            await Task.Delay(500);
        }
    }

    private string PathOf(string host, string sandbox) => $"/proc/{lab.Lab.Member(host).Holder!.Pid}/root/run/netns/{sandbox}";

    private static Running Load() => new(["nice", "-n", "5", "sh", "-c", "while :; do :; done"]);

    private static string[] Lines(Ran ran) => ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
