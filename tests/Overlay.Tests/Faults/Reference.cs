using System.Collections.Concurrent;
using Overlay.Testing.Lives;
using Xunit;

namespace Overlay.Tests.Faults;

/// <summary>A scenario's run without faults: what the host is after each step, and which kernel calls led there.</summary>
internal sealed class Reference
{
    private static readonly ConcurrentDictionary<string, Lazy<Reference>> Known = new(StringComparer.Ordinal);

    private Reference(Scenario scenario)
    {
        Scenario = scenario;
        var calls = new List<string>();
        using var life = new Lifeline();
        using var world = new ScenarioWorld();
        world.Start(life);
        world.Settle("the start");
        Before = world.Print();
        CallsBefore = life.Calls;
        world.Kernel.Fault = call =>
        {
            calls.Add(call.Operation);
            return 0;
        };
        foreach (var step in scenario.Steps)
        {
            step.Does(world);
            world.Settle($"{scenario}, {step}");
            States.Add(world.Print());
            Operations.Add([.. calls]);
            calls.Clear();
        }
        Calls = life.Calls;
    }

    public Scenario Scenario { get; }

    public string Before { get; }

    /// <summary>After each step.</summary>
    public List<string> States { get; } = [];

    /// <summary>The calls of each step, in order.</summary>
    public List<string[]> Operations { get; } = [];

    /// <summary>Kernel calls of an agent that has nothing to do yet; and of all.</summary>
    public int CallsBefore { get; }

    public int Calls { get; }

    public static Reference Of(string scenario) =>
        Known.GetOrAdd(scenario, name => new(() => new(Scenarios.Each.Single(s => s.Name == name)))).Value;

    /// <summary>Goes on from a step, each of them ending as without faults.</summary>
    public void FinishFrom(ScenarioWorld world, int step, string after)
    {
        for (var i = step; i < Scenario.Steps.Length; i++)
        {
            Scenario.Steps[i].Does(world);
            world.Settle($"{after}; {Scenario.Steps[i]}");
            Same(world, i, after);
        }
    }

    public bool IsAs(ScenarioWorld world, int step) => world.Print() == States[step];

    public void Same(ScenarioWorld world, int step, string after)
    {
        var actual = world.Print();
        Assert.True(actual == States[step], $"{after}; then {Scenario.Steps[step]}:\n{Difference(States[step], actual)}");
    }

    public static string Difference(string expected, string actual)
    {
        var (wanted, there) = (expected.Split('\n'), actual.Split('\n'));
        return string.Join('\n', wanted.Except(there).Select(l => "  missing: " + l).Concat(there.Except(wanted).Select(l => "  too much: " + l)));
    }
}
