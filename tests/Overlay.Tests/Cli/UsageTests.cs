using System.Text.Json;
using Xunit;

namespace Overlay.Tests.Cli;

public sealed class UsageTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("frobnicate", "unknown command 'frobnicate'")]
    [InlineData("network crate shop", "did you mean 'create'")]
    [InlineData("network create --subent 10.0.0.0/24 shop", "did you mean '--subnet'")]
    [InlineData("network rm --froce", "unknown flag --froce (did you mean '--force'?)")]
    [InlineData("network create --subnet 10.0.0.0/33 shop", "10.0.0.0/33")]
    [InlineData("network create --subnet 10.0.0.7/24 shop", "did you mean 10.0.0.0/24?")]
    [InlineData("network create --gateway 10.0.0.1 shop", "--subnet")]
    [InlineData("network create --subnet 10.0.0.0/24 --gateway 10.1.0.1 shop", "none of the subnets 10.0.0.0/24")]
    [InlineData("network create", "NAME")]
    [InlineData("network ls --filter colour=red", "driver=VALUE")]
    [InlineData("network ls --format yaml", "'yaml' is not table, json or a template")]
    [InlineData("network ls --format {{.Name", "'{{' without '}}'")]
    [InlineData("network connect --ip fd00::1 shop web", "'fd00::1' is not an IPv4 address")]
    [InlineData("network connect --mac-address 1:2 shop web", "'1:2'")]
    [InlineData("network connect --wait later shop web", "local, all, none")]
    [InlineData("network ls --timeout soon", "'soon' is not a duration")]
    [InlineData("run -d", "run needs a command")]
    [InlineData("run -d --bogus -- true", "unknown flag --bogus")]
    [InlineData("run -d --rm --restart always -- true", "--rm and --restart")]
    [InlineData("run --restart always -- true", "--restart needs -d")]
    [InlineData("run -it -- sh", "-t needs a terminal")]
    [InlineData("run -d --network host --network shop -- true", "cannot be combined")]
    [InlineData("run -d --network host --ip 10.0.0.1 -- true", "--ip makes no sense with --network host")]
    [InlineData("run -d --network none -p 80:80 -- true", "-p makes no sense with --network none")]
    [InlineData("run -d --network none --network shop -- true", "--network none cannot be combined")]
    [InlineData("run -d --network shop --network container:web -- true", "--network container:web cannot be combined")]
    [InlineData("run -d --network name=host,ip=10.0.0.1 -- true", "--ip makes no sense with --network host")]
    [InlineData("run -d --network name=none,gw-priority=3 -- true", "--network name=none takes no options")]
    [InlineData("run -d --network container: -- true", "does not say whose network to join")]
    [InlineData("run -d --network host --ip6 fd00::9 -- true", "--ip6 makes no sense with --network host")]
    [InlineData("run -d --network host --network-alias www -- true", "--network-alias makes no sense with --network host")]
    [InlineData("run -d --network host --mac-address 02:42:0a:01:00:02 -- true", "--mac-address makes no sense with --network host")]
    [InlineData("run -d --network none --ip 10.0.0.1 -- true", "--ip makes no sense with --network none")]
    [InlineData("run -d --network none --ip6 fd00::9 -- true", "--ip6 makes no sense with --network none")]
    [InlineData("run -d --network none --network-alias www -- true", "--network-alias makes no sense with --network none")]
    [InlineData("run -d --network none --mac-address 02:42:0a:01:00:02 -- true", "--mac-address makes no sense with --network none")]
    [InlineData("run -d --network container:web --ip 10.0.0.1 -- true", "--ip makes no sense with --network container:web")]
    [InlineData("run -d --network container:web --ip6 fd00::9 -- true", "--ip6 makes no sense with --network container:web")]
    [InlineData("run -d --network container:web --network-alias www -- true", "--network-alias makes no sense with --network container:web")]
    [InlineData("run -d --network container:web --mac-address 02:42:0a:01:00:02 -- true", "--mac-address makes no sense with --network container:web")]
    [InlineData("run -d --network name=shop,ip=10.0.0.9 --ip 10.0.0.8 -- true", "--ip is also given")]
    [InlineData("run -d --network name=shop,alias=a --network-alias b -- true", "--network-alias is also given")]
    [InlineData("run -d --network name=shop,colour=red -- true", "'colour' is not known")]
    [InlineData("run -d --network ip=10.0.0.9 -- true", "which network")]
    [InlineData("run -d --network name=shop,driver-opt=sysctls=net.ipv4.conf.IFNAME.arp_notify=1,net.ipv4.conf.IFNAME.log_martians=1 -- true", "double quotes")]
    [InlineData("run -d --network name=shop,\"driver-opt=ifname=x -- true", "has no end")]
    [InlineData("run -d --network name=host,driver-opt=ifname=x -- true", "takes no options")]
    [InlineData("run -d --network name=none,gw-priority=2 -- true", "takes no options")]
    [InlineData("run -d -p 99999:80 -- true", "99999")]
    [InlineData("run -d --add-host db -- true", "NAME:ADDRESS")]
    [InlineData("exec web", "exec needs a command")]
    [InlineData("port web http", "'http' is not a port")]
    public async Task CommandLine_Wrong_IsOneLineAndStatusTwo(string line, string says)
    {
        Assert.Equal(2, await _cli.Do(line));
        Assert.StartsWith("overlay: ", _cli.Error, StringComparison.Ordinal);
        Assert.Contains(says, _cli.Error, StringComparison.Ordinal);
        Assert.Single(_cli.Error.TrimEnd().Split('\n'));
        Assert.Equal("", _cli.Out);
        Assert.Empty(_cli.Cluster.Asked);
    }

    [Fact]
    public async Task CommandLine_WrongWithJson_IsAnErrorObject()
    {
        Assert.Equal(2, await _cli.Do("network ls --format json --bogus"));
        var error = JsonDocument.Parse(_cli.Error).RootElement;
        Assert.Equal("usage", error.GetProperty("code").GetString());
        Assert.Contains("--bogus", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("network")]
    [InlineData("sandbox")]
    public async Task Group_Alone_ShowsItsHelp(string line)
    {
        Assert.Equal(0, await _cli.Do(line));
        Assert.Contains("Commands:", _cli.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("network create")]
    [InlineData("network ls")]
    [InlineData("network inspect")]
    [InlineData("network rm")]
    [InlineData("network prune")]
    [InlineData("network connect")]
    [InlineData("network disconnect")]
    [InlineData("network wait")]
    [InlineData("sandbox create")]
    [InlineData("sandbox ls")]
    [InlineData("sandbox inspect")]
    [InlineData("sandbox start")]
    [InlineData("sandbox stop")]
    [InlineData("sandbox rm")]
    [InlineData("run")]
    [InlineData("exec")]
    [InlineData("logs")]
    [InlineData("port")]
    [InlineData("port add")]
    [InlineData("port rm")]
    [InlineData("host ls")]
    [InlineData("host inspect")]
    [InlineData("version")]
    public async Task Help_OfEveryVerb_HasExamplesOfItAndTalksToNobody(string verb)
    {
        Assert.Equal(0, await _cli.Do(verb + " --help"));
        Assert.Contains("Examples:\n  overlay " + verb, _cli.Out, StringComparison.Ordinal);
        Assert.Equal(0, _cli.Connections);
    }
}
