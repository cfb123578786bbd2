using Overlay.Contracts.Client;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Tests.Cli;

/// <summary>Sandboxes that use another one's network stack, or the host's.</summary>
public sealed class JoinTests : IDisposable
{
    private readonly CliRun _cli = new();

    public JoinTests()
    {
        var web = Samples.Sandbox("web", "h2");
        var helper = Samples.Sandbox("helper", "h2");
        _cli.Cluster.Sandboxes.Add(web with { JoinedBy = ["helper"] });
        _cli.Cluster.Sandboxes.Add(helper with
        {
            Sandbox = helper.Sandbox with { Mode = SandboxModes.Container, Joins = web.Sandbox.Id, Hostname = "web", Ports = [] },
            Endpoints = [],
            Joined = web.Sandbox,
        });
        _cli.LabHosts["h2"] = new ContextHost(["nsenter", "--net=/lab/h2", "--"]);
    }

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("container:web")]
    [InlineData("name=container:web")]
    public async Task Run_ContainerNetwork_AsksToJoin(string network)
    {
        Assert.Equal(0, await _cli.Do($"run -d --name other --network {network} -p 80:80 -- true"));
        var request = _cli.Cluster.Last<CreateSandbox>();
        Assert.Equal((SandboxModes.Container, "web"), (request.Mode, request.Join));
        Assert.Empty(request.Networks);
        // For the cluster to refuse: it says whose ports they are.
        Assert.Single(request.Ports);
    }

    [Fact]
    public async Task Run_InTheForeground_RunsOnTheHostOfTheOther()
    {
        _cli.LabHosts.Clear();
        _cli.Cluster.Hosts.Add(Samples.Host("h1", "this-machine"));
        _cli.Cluster.Hosts.Add(Samples.Host("h2", "this-machine"));
        Assert.Equal(0, await _cli.Do("run --rm --network container:web -- true"));
        Assert.Equal("h2", _cli.Cluster.Last<CreateSandbox>().Host);
    }

    [Fact]
    public async Task Exec_EntersTheNamespaceOfTheOther()
    {
        Assert.Equal(0, await _cli.Do("exec helper -- true"));
        Assert.Equal(["ip", "netns", "exec", "web", "unshare", "--uts"], _cli.Ran!.Skip(3).Take(6));
        Assert.Equal(["web", "true"], _cli.Ran!.TakeLast(2));
    }

    [Fact]
    public async Task Exec_WhileTheOtherIsStopped_OrGone_SaysWhatWouldWork()
    {
        var helper = _cli.Cluster.Sandboxes[1];
        _cli.Cluster.Sandboxes[1] = helper with { Joined = helper.Joined! with { Started = false } };
        Assert.Equal(125, await _cli.Do("exec helper -- true"));
        Assert.Contains("joins web, which is stopped; 'overlay sandbox start web' brings both back", _cli.Error, StringComparison.Ordinal);

        _cli.Cluster.Sandboxes[1] = helper with { Joined = null };
        Assert.Equal(125, await _cli.Do("exec helper -- true"));
        Assert.Contains("the sandbox that it joins is gone; remove it and make it again", _cli.Error, StringComparison.Ordinal);
        Assert.Null(_cli.Ran);
    }

    [Theory]
    [InlineData("sandbox|inspect|--format|{{.Mode}} {{.Joins}}|helper", "container web\n")]
    [InlineData("sandbox|inspect|--format|{{.JoinedBy}}|web", "helper\n")]
    [InlineData("sandbox|ls|--filter|name=helper|--format|{{.Networks}}", "container:web\n")]
    [InlineData("port|helper|80", "0.0.0.0:8080\n")]
    public async Task Views_ShowWhoseNetworkItIs(string line, string expected)
    {
        Assert.Equal(0, await _cli.Do(line));
        Assert.Equal(expected, _cli.Out);
    }

    [Fact]
    public async Task Exec_OnTheHostNetwork_HasTheNameAndFilesThatWereAskedFor()
    {
        var box = Samples.Sandbox("box", "h2");
        var plain = box.Sandbox with { Mode = SandboxModes.Host, Hostname = box.Sandbox.Id.Short };
        _cli.Cluster.Sandboxes.Add(box with { Sandbox = plain });
        await _cli.Do("exec box -- true");
        Assert.Equal(["sh", "-c", "exec \"$@\" </dev/null", "overlay", "true"], _cli.Ran!.Skip(3));

        _cli.Cluster.Sandboxes[^1] = box with { Sandbox = plain with { Hostname = "other", DnsServers = [Address.Parse("192.0.2.53")] } };
        await _cli.Do("exec box -- true");
        Assert.Equal(["unshare", "--mount", "sh", "-c"], _cli.Ran!.Skip(3).Take(4));
        Assert.Contains("unshare --uts", string.Join(' ', _cli.Ran!), StringComparison.Ordinal);
        Assert.Equal(["other", "true"], _cli.Ran!.TakeLast(2));
    }
}
