using System.Globalization;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>
/// SIGKILL at kernel calls of a set-up and of a tear-down on the real kernel, while two sandboxes that nobody touches talk
/// to each other: the next agent ends where one that was never killed ends, and no packet of theirs is lost.
/// </summary>
public sealed class DeathSweepTests
{
    // Each call where OVERLAY_DEATHS=all (minutes); else as many as take some seconds, others in each run of a seed.
    private const int Sampled = 24;

    [Fact]
    public void KilledAtAnyCall_NextAgentConverges_AndNoPacketOfOthersIsLost()
    {
        using var world = new MortalHost();
        var before = world.Footprint();
        world.SetUpOthers();
        using var flow = new ControlFlow(world.OtherName(1), world.OtherName(2), MortalHost.OtherAddress);
        var calls = world.CallsOfOneRound(out var complete);
        // After a round: forwarding that a network switched on stays until the last one leaves.
        var quiet = world.Footprint();

        var seed = Random.Shared.Next();
        var dying = Environment.GetEnvironmentVariable("OVERLAY_DEATHS") == "all" ? Enumerable.Range(1, calls) : new Random(seed).GetItems([.. Enumerable.Range(1, calls)], Sampled).Distinct();
        foreach (var call in dying)
        {
            var (step, last) = world.DieAt(call, after: call % 2 == 0);
            var told = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, killed at call {call} of {calls} ('{last}') in {step}");
            world.Recover(step);
            Same(step == "set-up" ? complete : quiet, world.Footprint(), told);
            if (step == "set-up")
                world.TearDown();
            Same(quiet, world.Footprint(), told + ", then tear-down");
        }

        var (sent, lost) = flow.End();
        Assert.True(sent > 0 && lost == 0, $"seed {seed}: {lost} of {sent} packets were lost");
        world.TearDownOthers();
        Same(before, world.Footprint(), "at the end");
    }

    private static void Same(string expected, string actual, string told)
    {
        var (wanted, there) = (expected.Split('\n'), actual.Split('\n'));
        Assert.True(expected == actual, $"{told}:\nmissing: {string.Join("\n  ", wanted.Except(there))}\ntoo much: {string.Join("\n  ", there.Except(wanted))}");
    }
}
