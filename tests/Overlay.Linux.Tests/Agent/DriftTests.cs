using Overlay.Agent;
using Xunit;
using Xunit.Abstractions;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Whatever somebody else does to what is ours is put back, and nothing else is touched.</summary>
public sealed class NotifiedDriftTests(NotifiedDriftTests.World world, ITestOutputHelper output) : IClassFixture<NotifiedDriftTests.World>
{
    public static TheoryData<string> Kinds => [.. DriftKinds.Notified];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Drift_ThatTheKernelReports_IsPutBack_WithoutTheTimer(string command) =>
        output.WriteLine($"{(await world.Repair(command)).TotalMilliseconds,6:0} ms: {command}");

    /// <summary>The delay is an agent's usual one; no timer comes to help.</summary>
    public sealed class World : DriftWorld
    {
        private protected override AgentOptions Hearing(AgentOptions options) =>
            options with { DriftDelay = TimeSpan.FromMilliseconds(150), ResyncInterval = TimeSpan.FromHours(1) };
    }
}

public sealed class TimedDriftTests(TimedDriftTests.World world, ITestOutputHelper output) : IClassFixture<TimedDriftTests.World>
{
    public static TheoryData<string> Kinds => [.. DriftKinds.All];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Drift_ThatNothingReports_IsPutBack_ByTheTimer(string command) =>
        output.WriteLine($"{(await world.Repair(command)).TotalMilliseconds,6:0} ms: {command}");

    /// <summary>What the kernel reports is looked at in an hour.</summary>
    public sealed class World : DriftWorld
    {
        private protected override AgentOptions Hearing(AgentOptions options) =>
            options with { DriftDelay = TimeSpan.FromHours(1), ResyncInterval = TimeSpan.FromMilliseconds(150) };
    }
}
