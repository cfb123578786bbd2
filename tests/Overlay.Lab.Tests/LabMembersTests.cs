using Xunit;

namespace Overlay.Lab.Tests;

/// <summary>What a user finds inside a lab that is up.</summary>
public sealed class LabMembersTests(FakeLab fake) : IClassFixture<FakeLab>
{
    // linux/ethtool.h, the getters: asked by another program than the one that switched them off.
    private const string OffloadsStillOn =
        """
        python3 - <<'END'
        import array, fcntl, socket, struct
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for name, get in (("rx", 0x14), ("tx", 0x16), ("sg", 0x18), ("tso", 0x1e), ("gso", 0x23), ("gro", 0x2b)):
            value = array.array("I", [get, 0])
            fcntl.ioctl(s, 0x8946, struct.pack("16sQ16x", b"eth0", value.buffer_info()[0]))
            if value[1]: print(name)
        END
        """;

    [Theory]
    [InlineData("hostname", "h1")]
    [InlineData("cat /etc/hostname", "h1")]
    [InlineData("ls /sys/class/net | tr '\\n' ' '", "eth0 lo ")]
    [InlineData("ls /etc/netns /var/lib/overlay | grep -c :", "2")]
    [InlineData("findmnt -no FSTYPE /run", "tmpfs")]
    [InlineData("findmnt -no PROPAGATION /run/netns", "shared")]
    [InlineData("ip -o -4 addr show dev eth0 | wc -l", "1")]
    [InlineData("ip -o -6 addr show dev eth0 scope global | wc -l", "1")]
    public async Task Host_InItsOwnNamespaces_FindsWhatIsItsOwn(string script, string expected) =>
        Assert.Equal(expected.Trim(), await fake.RunAsync("h1", script));

    [Fact]
    public async Task Hosts_AskedForTheirMachineId_DifferFromEachOtherAndTheMachine()
    {
        string[] ids = [await fake.RunAsync("h1", "cat /etc/machine-id"), await fake.RunAsync("h2", "cat /etc/machine-id")];

        Assert.Equal(2, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{32}$", id));
        Assert.True(!File.Exists("/etc/machine-id") || !ids.Contains(File.ReadAllText("/etc/machine-id").Trim()));
    }

    [Theory]
    [InlineData("h1")]
    [InlineData("h2")]
    [InlineData("outside")]
    [InlineData("redis")]
    public async Task Underlay_AfterUp_HasNoOffloads(string member) =>
        Assert.Equal("", await fake.RunAsync(member, OffloadsStillOn));

    [Fact]
    public async Task Underlay_BetweenHosts_CarriesFullSizeBothFamilies()
    {
        await fake.RunAsync("h1", $"ping -c2 -i0.2 -W2 -M do -s 1472 {fake.Lab.Member("h2").Address}");
        await fake.RunAsync("h1", $"ping -c2 -i0.2 -W2 -M do -s 1452 {fake.Lab.Member("h2").Address6}");
    }

    [Fact]
    public async Task Outside_AskedByAHost_TellsItsAddressAndNames()
    {
        var outside = fake.Lab.Member("outside").Address;

        Assert.Equal(fake.Lab.Member("h1").Address, await fake.RunAsync("h1", $"curl -sS -m5 http://{outside}/"));
        Assert.Equal(outside, await fake.RunAsync("h1", "dig +short +time=2 +tries=1 web.outside.test"));
        Assert.Equal("8", await fake.RunAsync("h1", "dig +short +time=2 +tries=1 many.outside.test | wc -l"));
        Assert.Contains("NXDOMAIN", await fake.RunAsync("h1", "dig +time=2 +tries=1 nowhere.example"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_WithAnAnswerTooLongForUdp_GivesItOverTcp()
    {
        Assert.Contains("flags: qr aa tc rd", await fake.RunAsync("h1", "dig +ignore +noedns +time=2 +tries=1 TXT big.outside.test"), StringComparison.Ordinal);
        Assert.Equal("10", await fake.RunAsync("h1", "dig +short +noedns +time=2 +tries=1 TXT big.outside.test | grep -o 'x\"' | wc -l"));
    }

    [Fact]
    public async Task Machine_ThroughTheManagementLink_ReachesAHostAndNotTheReverse()
    {
        var ping = await Kernel.Command.RunAsync(["ping", "-c1", "-W2", fake.Lab.Member("h1").Address], null, default);
        Assert.True(ping.Succeeded, ping.Output);

        Assert.False(await fake.SucceedsAsync("h1", $"ping -c1 -W1 10.232.{fake.Lab.State.Segment}.1"));
        Assert.False(await fake.SucceedsAsync("h1", $"ip route add 10.232.{fake.Lab.State.Segment}.0/30 via {fake.Lab.Member("switch").Address} && ping -c1 -W1 10.232.{fake.Lab.State.Segment}.1"));
    }

    [Fact]
    public async Task Redis_AskedByAHost_WantsThePasswordAndIsDurable()
    {
        var cli = $"redis-cli -h {fake.Lab.Member("redis").Address}";
        Assert.Contains("NOAUTH", await fake.RunAsync("h1", $"{cli} ping 2>&1"), StringComparison.Ordinal);

        var settings = await fake.RunAsync("h1", $"REDISCLI_AUTH=$(cat {fake.Lab.Paths.RedisPassword("h1")}) {cli} config get 'appendfsync' 'maxmemory-policy' 'appendonly'");
        Assert.Contains("always", settings, StringComparison.Ordinal);
        Assert.Contains("noeviction", settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_OfTheLab_AreReadableByTheirOwnerOnly()
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string[] secrets =
        [
            fake.Lab.Paths.SupervisorSocket, fake.Lab.Paths.RedisPassword("h1"), fake.Lab.Paths.RedisConfiguration,
            Path.Combine(fake.Lab.Paths.HostCertificates("h1"), "host.key"), Path.Combine(fake.Lab.Paths.Client, "client.key"),
        ];
        Assert.All(secrets, path => Assert.Equal(Owner, File.GetUnixFileMode(path)));
        await fake.RunAsync("h1", $"test -r {fake.Lab.Paths.HostCertificates("h1")}/host.key && ! test -e {fake.Lab.Paths.Certificates}");
    }

    [Fact]
    public async Task Up_OfALabThatIsUp_HandsItOut()
    {
        var again = await Lab.UpAsync(fake.Options);
        Assert.Equal(fake.Lab.State.Id, again.State.Id);

        var refused = await Assert.ThrowsAsync<Core.RefusalException>(() => Lab.UpAsync(fake.Options with { Hosts = 5 }));
        Assert.Contains("overlay lab down", refused.Message, StringComparison.Ordinal);
    }
}
