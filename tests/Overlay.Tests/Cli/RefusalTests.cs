using System.Text.Json;
using Overlay.Contracts.Errors;
using Overlay.Core;
using Xunit;

namespace Overlay.Tests.Cli;

public sealed class RefusalTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Refusal_OfTheCluster_IsOneLineAndStatusOne()
    {
        _cli.Cluster.Refusal = new OverlayException(ErrorCodes.NameTaken, "the name shop is taken\n  by network 1234");
        Assert.Equal(1, await _cli.Do("network create shop"));
        Assert.Equal("overlay: the name shop is taken by network 1234\n", _cli.Error);
        Assert.Equal("", _cli.Out);
    }

    [Fact]
    public async Task Refusal_WithJson_HasCodeMessageAndDetails()
    {
        _cli.Cluster.Refusal = new OverlayException(ErrorCodes.PortTaken, "taken by 'web'", new Dictionary<string, string> { ["holder"] = "web" });
        Assert.Equal(1, await _cli.Do("--format json sandbox create -p 80:80"));
        Assert.Equal("""{"code":"port-taken","message":"taken by 'web'","details":{"holder":"web"}}""" + "\n", _cli.Error);
    }

    [Fact]
    public async Task Failure_OfOurOwn_ShowsNoStackTrace()
    {
        _cli.Cluster.Refusal = new InvalidOperationException("surprise");
        Assert.Equal(1, await _cli.Do("network create shop"));
        Assert.StartsWith("overlay: surprise", _cli.Error, StringComparison.Ordinal);
        Assert.Single(_cli.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Context_Missing_SaysWhichThereAre()
    {
        Assert.Equal(1, await _cli.Do("--context other network ls --format json"));
        var error = JsonDocument.Parse(_cli.Error).RootElement;
        Assert.Equal("not-found", error.GetProperty("code").GetString());
        Assert.Contains("there is: test", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_OfSeveral_TellsEachRefusalAndGoesOn()
    {
        _cli.Cluster.Networks.Add(Samples.Details("a"));
        _cli.Cluster.Networks.Add(Samples.Details("b"));
        Assert.Equal(1, await _cli.Do("network rm a missing b"));
        Assert.Equal("a\nb\n", _cli.Out);
        Assert.Equal("overlay: no network 'missing'\n", _cli.Error);
    }

    [Fact]
    public async Task HostRemove_Forced_NamesWhatWentWithIt()
    {
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("db", "h3"));
        Assert.Equal(0, await _cli.Do("host rm -f h3"));
        Assert.Equal("host rm h3 force=True", _cli.Cluster.Last<string>());
        Assert.Equal(("h3\n", "removed with h3: db\n"), (_cli.Out, _cli.Error));
    }

    [Fact]
    public async Task HostDrain_IsAsked_Undone_AndShown()
    {
        var host = Samples.Host("h3", "3");
        _cli.Cluster.Hosts.Add(host with { Host = host.Host with { Draining = true } });
        Assert.Equal(0, await _cli.Do("host drain h3"));
        Assert.Equal("host drain h3 True", _cli.Cluster.Last<string>());
        Assert.Equal(0, await _cli.Do("host drain --undo h3"));
        Assert.Equal("host drain h3 False", _cli.Cluster.Last<string>());
        Assert.Equal(0, await _cli.Do("host ls --filter status=draining -q"));
        Assert.Equal("h3\nh3\nh3\n", _cli.Out);
    }

    [Fact]
    public async Task NetworkRemove_Forced_NamesWhomItCutOff()
    {
        _cli.Cluster.Networks.Add(Samples.Details("shop", "overlay", Samples.Endpoint("db", "h2"), Samples.Endpoint("web", "h1")));
        Assert.Equal(0, await _cli.Do("network rm -f shop"));
        Assert.Equal("rm shop force=True", _cli.Cluster.Last<string>());
        Assert.Equal("shop\n", _cli.Out);
        Assert.Equal("cut off shop: db, web\n", _cli.Error);
    }

    [Theory]
    [InlineData("network rm -f missing")]
    [InlineData("sandbox rm -f missing")]
    public async Task Remove_ForcedOfWhatIsNotThere_IsDone(string line)
    {
        Assert.Equal(0, await _cli.Do(line));
        Assert.Equal("", _cli.Error);
    }
}
