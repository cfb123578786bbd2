using Overlay.Lab.Supervision;
using Xunit;

namespace Overlay.Lab.Tests.Supervision;

public sealed class BackoffTests
{
    [Fact]
    public void After_ManyShortRuns_DoublesUpToABound()
    {
        var backoff = new Backoff();
        var waits = Enumerable.Range(0, 10).Select(_ => backoff.After(TimeSpan.Zero)).ToList();

        Assert.Equal(TimeSpan.FromMilliseconds(100), waits[0]);
        Assert.Equal(waits[0] * 2, waits[1]);
        Assert.Equal(TimeSpan.FromSeconds(5), waits[^1]);
    }

    [Fact]
    public void After_AGoodRun_StartsOver()
    {
        var backoff = new Backoff();
        _ = backoff.After(TimeSpan.Zero);
        _ = backoff.After(TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromMilliseconds(100), backoff.After(TimeSpan.FromMinutes(1)));
    }
}
