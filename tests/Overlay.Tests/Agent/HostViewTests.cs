using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class HostViewTests
{
    [Theory]
    [InlineData(6UL, 1UL, false)]
    [InlineData(7UL, 1UL, true)]
    [InlineData(9UL, 1UL, true)]
    // Not followed any more, or gone.
    [InlineData(0UL, 1UL, true)]
    // Started again: what it was made with is long there, whatever a restored store says.
    [InlineData(6UL, 2UL, true)]
    public void MayStart_WaitsForTheNetworksItWasMadeWith(ulong revision, ulong generation, bool expected)
    {
        var view = HostView.Empty with { Revisions = HostView.Empty.Revisions.Add("network/1", revision) };
        var sandbox = new SandboxRecord
        {
            Id = new ObjectId(1),
            Name = "web",
            Host = "h1",
            Hostname = "web",
            Generation = generation,
            StartAfter = [new("network/1", 7)],
        };
        Assert.Equal(expected, view.MayStart(sandbox));
    }
}
