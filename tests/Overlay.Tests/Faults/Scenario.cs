namespace Overlay.Tests.Faults;

/// <summary>What happens to a host, step by step, from nothing to nothing. Each step does something to the cluster, to the
/// kernel behind the agent's back, or to the agent; the agent then goes on until the host is as it should be.</summary>
internal sealed record Scenario(string Name, params Step[] Steps)
{
    public override string ToString() => Name;
}

/// <param name="Does">Must be possible in whatever state a dead agent left the host.</param>
internal sealed record Step(string Name, Action<ScenarioWorld> Does)
{
    public override string ToString() => Name;
}
