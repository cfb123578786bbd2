using Overlay.Testing.Lives;
using Xunit;

namespace Overlay.Tests.Faults;

/// <summary>
/// SIGKILL at each kernel call of each scenario, between the changes of a batch too; the next agent, with what is in the
/// kernel, on disk and in the supervisor's store, ends where an agent that was never killed ends.
/// </summary>
public sealed class DeathTests
{
    public static TheoryData<string> Each { get; } = [.. Scenarios.Each.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Each))]
    public void KilledBeforeAnyCall_TheNextAgentEndsAsWithoutDeath(string scenario) => Sweep(scenario, after: false, moved: false);

    /// <summary>The call has had its effect, the write to disk that was under way is cut, and what the cluster wants is
    /// another thing by the time that the next agent starts.</summary>
    [Theory]
    [MemberData(nameof(Each))]
    public void KilledAfterAnyCall_AndTheViewMovedOn_TheNextAgentEndsAsWithoutDeath(string scenario) => Sweep(scenario, after: true, moved: true);

    private static void Sweep(string scenario, bool after, bool moved)
    {
        var reference = Reference.Of(scenario);
        var findings = new Findings();
        for (var call = reference.CallsBefore + 1; call <= reference.Calls; call++)
        {
            if (Sample.Leaves(call + (after ? 4 : 0), oneOf: 8))
                continue;
            using var life = new Lifeline(call, after);
            findings.Run($"killed {(after ? "after" : "before")} call {call}", () => Die(reference, life, moved));
        }
        findings.Check();
    }

    private static void Die(Reference reference, Lifeline life, bool moved)
    {
        using var world = new ScenarioWorld();
        var (steps, at) = (reference.Scenario.Steps, 0);
        var lived = life.Run(() =>
        {
            world.Start(life);
            world.Settle("the start");
            for (; at < steps.Length; at++)
            {
                steps[at].Does(world);
                world.Settle("before it");
            }
        });
        try
        {
            Assert.False(lived, "it was never reached");
            world.Bury(life);
            var death = $"killed at '{life.Last}' in {steps[at]}";
            if (moved)
            {
                world.CutLastWrite();
                if (at + 1 < steps.Length)
                    steps[++at].Does(world);
            }
            world.Start();
            world.Settle(death);
            reference.Same(world, at, death);
            reference.FinishFrom(world, at + 1, death);
        }
        finally
        {
            // Its thread ends before the disk that it would write to goes away.
            life.Dispose();
        }
    }
}
