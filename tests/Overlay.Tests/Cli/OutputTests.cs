using Overlay.Contracts.Grains;
using Xunit;

namespace Overlay.Tests.Cli;

public sealed class OutputTests : IDisposable
{
    private readonly CliRun _cli = new();

    public OutputTests()
    {
        _cli.Cluster.Networks.Add(Samples.Details("shop", "overlay", Samples.Endpoint("web", "h1")));
        _cli.Cluster.Networks.Add(Samples.Details("back", "bridge"));
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("web"));
        _cli.Cluster.Hosts.Add(Samples.Host("h1", "m1"));
        _cli.Cluster.Hosts.Add(Samples.Host("h2", "m2", alive: false));
    }

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("network ls", "network-ls.txt")]
    [InlineData("network ls --format json", "network-ls.json")]
    [InlineData("network inspect shop", "network-inspect.txt")]
    [InlineData("network inspect --format json shop", "network-inspect.json")]
    [InlineData("network connect --format json shop web", "network-connect.json")]
    [InlineData("sandbox ls --format json", "sandbox-ls.json")]
    [InlineData("sandbox inspect web", "sandbox-inspect.txt")]
    [InlineData("sandbox inspect --format json web", "sandbox-inspect.json")]
    [InlineData("port --format json web", "port.json")]
    [InlineData("dns query web", "dns-query.txt")]
    [InlineData("dns query --format json --from web web", "dns-query.json")]
    [InlineData("host ls", "host-ls.txt")]
    [InlineData("host ls --format json", "host-ls.json")]
    [InlineData("host inspect h1 h2", "host-inspect.txt")]
    [InlineData("host inspect --format json h1 h2", "host-inspect.json")]
    public async Task Output_OfEachView_IsWhatProgramsRelyOn(string line, string golden)
    {
        Assert.Equal(0, await _cli.Do(line));
        Golden.Compare(golden, _cli.Out);
    }

    [Theory]
    [InlineData("network|ls|--format|{{.Name}} {{.Driver}}", "back bridge\nshop overlay\n")]
    [InlineData("network|ls|--format|{{.NAME}}\\t{{.Labels.tier}}{{.Labels.none}}", "back\tback\nshop\tshop\n")]
    [InlineData("network|ls|--filter|driver=overlay|--format|{{json .Subnets}}", "[\"10.7.0.0/16\"]\n")]
    [InlineData("network|ls|--format|table {{.Name}}\\t{{.Scope}}", "NAME   SCOPE\nback   local\nshop   cluster\n")]
    [InlineData("network|ls|-q|--filter|name=sho", "SHOP\n")]
    [InlineData("network|ls|-q|--filter|dangling=true", "BACK\n")]
    [InlineData("network|ls|-q|--filter|label=tier=back|--filter|label=tier=shop", "")]
    [InlineData("network|ls|-q|--filter|driver=bridge|--filter|driver=overlay", "BACK\nSHOP\n")]
    [InlineData("network|ls|-q|--filter|type=builtin", "")]
    [InlineData("sandbox|ls|-q|--filter|network=shop", "WEB\n")]
    [InlineData("sandbox|ls|--filter|status=exited|--format|{{.Name}}", "")]
    [InlineData("host|ls|-q|--filter|status=down", "h2\n")]
    [InlineData("port|web", "53/udp -> [fd00::1]:53\n80/tcp -> 0.0.0.0:8080\n")]
    [InlineData("port|web|80", "0.0.0.0:8080\n")]
    public async Task Output_Chosen_IsThat(string line, string expected)
    {
        Assert.Equal(0, await _cli.Do(line));
        string[] names = ["shop", "back", "web"];
        foreach (var name in names)
            expected = expected.Replace(name.ToUpperInvariant() + "\n", Samples.Id(name).Short + "\n", StringComparison.Ordinal);
        Assert.Equal(expected, _cli.Out);
    }

    [Fact]
    public async Task Template_UnknownField_NamesTheFieldsThereAre()
    {
        Assert.Equal(2, await _cli.Do("network ls --format {{.Nmae}}"));
        Assert.Contains("no field 'Nmae'; there is: id, name, driver", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Table_InAPipe_HasNoColourNoTrailingBlanksAndWholeCells()
    {
        await _cli.Do("sandbox ls --no-trunc");
        Assert.DoesNotContain('\u001b', _cli.Out);
        Assert.All(_cli.Out.TrimEnd('\n').Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
        Assert.Contains(Samples.Id("web").ToString(), _cli.Out, StringComparison.Ordinal);
        Assert.Contains("0.0.0.0:8080->80/tcp, [fd00::1]:53->53/udp", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Table_OnATerminalWithNoColor_HasNoEscapes()
    {
        _cli.Terminal = true;
        await _cli.Do("network ls");
        Assert.DoesNotContain('\u001b', _cli.Out);
        Assert.Contains("NETWORK ID", _cli.Out, StringComparison.Ordinal);
        Assert.Contains("shop", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_NotPublished_SaysWhatIs()
    {
        Assert.Equal(1, await _cli.Do("port web 443"));
        Assert.Contains("it publishes 80/tcp, 53/udp", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_Pages_AreCopiedAsTheyAreUntilTheEnd()
    {
        _cli.Cluster.Log.Enqueue(new LogPage { Bytes = "one\n"u8.ToArray(), NextOffset = 4 });
        _cli.Cluster.Log.Enqueue(new LogPage { Bytes = "two\n"u8.ToArray(), NextOffset = 8, End = true });
        Assert.Equal(0, await _cli.Do("logs -f web"));
        Assert.Equal("one\ntwo\n", _cli.Raw);
    }

    [Fact]
    public async Task Logs_WithoutFollow_StopsAtWhatIsWritten()
    {
        _cli.Cluster.Log.Enqueue(new LogPage { Bytes = "one\n"u8.ToArray(), NextOffset = 4 });
        _cli.Cluster.Log.Enqueue(new LogPage { Bytes = [], NextOffset = 4 });
        Assert.Equal(0, await _cli.Do("logs web"));
        Assert.Equal("one\n", _cli.Raw);
    }

    [Fact]
    public async Task Version_NeedsNoClusterAndNoContext()
    {
        Assert.Equal(0, await _cli.Do("--context nowhere version --format {{.Version}}"));
        Assert.Equal(0, _cli.Connections);
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", _cli.Out);
    }
}
