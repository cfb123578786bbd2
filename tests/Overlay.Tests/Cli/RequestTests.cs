using Overlay.Cli.App;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Tests.Cli;

/// <summary>What a command line asks the cluster for.</summary>
public sealed class RequestTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task NetworkCreate_EveryFlag_IsInTheRequest()
    {
        await Ok("network create -d overlay --subnet 10.7.0.0/16 --subnet fd00:7::/64 --gateway fd00:7::1 --gateway 10.7.0.1"
            + " --ip-range 10.7.5.0/24 --aux-address printer=10.7.0.7 --ipv6 --internal -o mtu=1400 --opt vni=0x100001 --label tier=db --label plain shop");
        var request = _cli.Cluster.Last<CreateNetwork>();

        Assert.Equal("shop", request.Name);
        Assert.Equal("overlay", request.Driver);
        Assert.True(request is { Ipv6: true, Internal: true });
        Assert.Equal(2, request.Subnets.Length);
        Assert.Equal(Address.Parse("10.7.0.1"), request.Subnets[0].Gateway);
        Assert.Equal(Prefix.Parse("10.7.5.0/24"), request.Subnets[0].Range);
        Assert.Equal(Address.Parse("10.7.0.7"), request.Subnets[0].Auxiliary["printer"]);
        Assert.Equal(Address.Parse("fd00:7::1"), request.Subnets[1].Gateway);
        Assert.Equal("1400", request.Options["mtu"]);
        Assert.Equal("0x100001", request.Options["vni"]);
        Assert.Equal("db", request.Labels["tier"]);
        Assert.Equal("", request.Labels["plain"]);
    }

    [Fact]
    public async Task NetworkCreate_NothingSaid_IsABridgeAndPrintsItsId()
    {
        await Ok("network create front");
        Assert.Equal("bridge", _cli.Cluster.Last<CreateNetwork>().Driver);
        Assert.Equal(Samples.Id("front") + "\n", _cli.Out);
    }

    [Fact]
    public async Task NetworkConnect_EveryFlag_IsInTheRequest()
    {
        await Ok("network connect --ip 10.7.0.9 --ip6 fd00:7::9 --alias a --alias b --mac-address 02:00:00:00:00:01 --gw-priority -5 --driver-opt k=v --wait all shop web");
        var (network, sandbox, options, wait) = _cli.Cluster.Last<(string, string, ConnectOptions, WaitMode)>();

        Assert.Equal(("shop", "web", WaitMode.All), (network, sandbox, wait));
        Assert.Equal(Address.Parse("10.7.0.9"), options.Ip);
        Assert.Equal(Address.Parse("fd00:7::9"), options.Ip6);
        Assert.Equal("a b", string.Join(' ', options.Aliases));
        Assert.Equal(MacAddress.Parse("02:00:00:00:00:01"), options.Mac);
        Assert.Equal(-5, options.GatewayPriority);
        Assert.Equal("v", options.DriverOptions["k"]);
        Assert.Equal("", _cli.Out);
    }

    [Theory]
    [InlineData("network connect --driver-opt {0} shop web")]
    [InlineData("sandbox create --network name=shop,\"driver-opt={0}\",gw-priority=2")]
    public async Task DriverOpt_WithCommas_IsOneOption(string line)
    {
        await Ok(string.Format(line, "com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.accept_ra=2"));
        var options = _cli.Cluster.Asked.Last() is CreateSandbox create ? create.Networks[0].Options : _cli.Cluster.Last<(string, string, ConnectOptions, WaitMode)>().Item3;
        Assert.Equal(
            "net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.accept_ra=2",
            Assert.Single(options.DriverOptions, o => o.Key == "com.docker.network.endpoint.sysctls").Value);
    }

    [Theory]
    [InlineData("a,b", "a|b")]
    [InlineData("\"a,b\",c", "a,b|c")]
    [InlineData("a,\"b \"\"c\"\"\"", "a|b \"c\"")]
    [InlineData("a\"b,", "a\"b|")]
    [InlineData("", "")]
    public void CsvFields_Split_AtCommasOutsideOfQuotes(string text, string fields) => Assert.Equal(fields, string.Join('|', CsvFields.Split(text)));

    [Fact]
    public async Task RunDetached_EveryFlag_IsInTheRequest()
    {
        await Ok("run -d --rm --name web --network name=shop,alias=www,gw-priority=3 --network back --ip 10.7.0.9 --host h2"
            + " -p 8080:80 -p 127.0.0.1:53:53/udp -P --expose 443 --add-host db:10.0.0.1 --add-host gw=host-gateway --add-host v6:[fd00::1]"
            + " --dns 9.9.9.9 --dns-search example.org --dns-option ndots:2 --hostname www1 --mac-address 02:00:00:00:00:01 --label a=b -- dig @127.0.0.11 -t any x");
        var request = _cli.Cluster.Last<CreateSandbox>();

        Assert.Equal(("web", "h2", "www1", true, SandboxModes.Isolated), (request.Name, request.Host, request.Hostname, request.RemoveOnExit, request.Mode));
        Assert.Equal("dig @127.0.0.11 -t any x", string.Join(' ', request.Command));
        Assert.Equal(["shop", "back"], request.Networks.Select(network => network.Network));
        Assert.Equal("www", Assert.Single(request.Networks[0].Options.Aliases));
        Assert.Equal((Address.Parse("10.7.0.9"), 3), (request.Networks[0].Options.Ip!.Value, request.Networks[0].Options.GatewayPriority));
        Assert.Null(request.Networks[1].Options.Ip);
        Assert.Equal(
            [("tcp", null, 8080, 80), ("udp", Address.Parse("127.0.0.1"), 53, 53)],
            request.Ports.Select(port => (port.Protocol, port.HostAddress, port.HostPort!.Value, port.SandboxPort)));
        Assert.True(request.PublishAll);
        Assert.Equal(443, Assert.Single(request.Exposed).Port);
        Assert.Equal(
            [("db", Address.Parse("10.0.0.1")), ("gw", null), ("v6", Address.Parse("fd00::1"))],
            request.ExtraHosts.Select(extra => (extra.Name, extra.Address)));
        Assert.Equal(Address.Parse("9.9.9.9"), Assert.Single(request.DnsServers));
        Assert.Equal("example.org", Assert.Single(request.DnsSearch));
        Assert.Equal("ndots:2", Assert.Single(request.DnsOptions));
        Assert.Equal("b", request.Labels["a"]);
        Assert.Equal(Samples.Id("web") + "\n", _cli.Out);
    }

    [Theory]
    [InlineData("-di --name x -- sh -c exit", "sh -c exit")]
    [InlineData("-d --name x ping -c 5 -- y", "ping -c 5 -- y")]
    [InlineData("-d --name x -- --odd", "--odd")]
    public async Task Run_WordsOfTheCommand_AreItsOwn(string line, string command)
    {
        await Ok("run " + line);
        Assert.Equal(command, string.Join(' ', _cli.Cluster.Last<CreateSandbox>().Command));
    }

    [Fact]
    public async Task SandboxCreate_FlagsOfTheFirstNetworkWithoutANetwork_AreOfTheBridge()
    {
        await Ok("sandbox create --network-alias x");
        Assert.Equal("bridge", Assert.Single(_cli.Cluster.Last<CreateSandbox>().Networks).Network);
    }

    [Fact]
    public async Task SandboxCreate_HostNetworkWithPorts_DiscardsThemWithAWarning()
    {
        await Ok("sandbox create --network host -p 80:80");
        var request = _cli.Cluster.Last<CreateSandbox>();
        Assert.Equal(SandboxModes.Host, request.Mode);
        Assert.Empty(request.Networks);
        Assert.Empty(request.Ports);
        Assert.Contains("warning", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NetworkWait_AsksOnlyTheHostsThatAreBehind()
    {
        _cli.Cluster.Networks.Add(Samples.Details("shop"));
        await Ok("network wait shop");
        Assert.Equal(["wait h2 shop 12", "wait h3 shop 12"], _cli.Cluster.Asked.Order());
    }

    [Theory]
    [InlineData("y\n", 1)]
    [InlineData("n\n", 0)]
    [InlineData("", 0)]
    public async Task NetworkPrune_RemovesWhatNobodyIsOnWhenConfirmed(string answer, int removed)
    {
        _cli.Answer = answer;
        _cli.Cluster.Networks.Add(Samples.Details("empty"));
        _cli.Cluster.Networks.Add(Samples.Details("used", "overlay", Samples.Endpoint("web", "h1")));
        await Ok("network prune");
        Assert.Equal(removed, _cli.Cluster.Asked.Count);
        Assert.Equal(removed == 1 ? "empty\n" : "", _cli.Out);
    }

    [Theory]
    [InlineData("dns query web", "query web web A")]
    [InlineData("dns query _80._tcp.web.shop -t srv", "query web _80._tcp.web.shop srv")]
    [InlineData("dns query --from db --type AAAA example.org", "query db example.org AAAA")]
    public async Task DnsQuery_AsksAsTheSandboxGivenOrAsOneThatSeesTheName(string line, string asked)
    {
        _cli.Cluster.Networks.Add(Samples.Details("shop", "overlay", Samples.Endpoint("web", "h1")));
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("web"));
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("db"));
        await Ok(line);
        Assert.Equal(asked, Assert.Single(_cli.Cluster.Asked));
    }

    [Fact]
    public async Task DnsQuery_NameOfNobodyWithoutASandbox_IsRefusedSayingWhatWouldWork()
    {
        Assert.Equal(1, await _cli.Do("dns query nobody"));
        Assert.Contains("--from SANDBOX", _cli.Error, StringComparison.Ordinal);
    }

    private async Task Ok(string line) => Assert.True(await _cli.Do(line) == 0, _cli.Error);
}
