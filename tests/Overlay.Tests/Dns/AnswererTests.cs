using Overlay.Core.Names;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed class AnswererTests
{
    private const int FormErr = 1, NxDomain = 3, NotImp = 4, Refused = 5, BadVers = 16;

    [Theory]
    [InlineData("web", "10.1.0.1 10.1.0.2 10.1.0.3")]
    [InlineData("WeB", "10.1.0.1 10.1.0.2 10.1.0.3")]
    [InlineData("web.shop", "10.1.0.1 10.1.0.2 10.1.0.3")]
    [InlineData("WEB1.Shop", "10.1.0.1")]
    [InlineData("dotted.name", "10.1.0.4")]
    [InlineData("db.back", "10.2.0.1")]
    [InlineData("v4only", "10.1.0.4")]
    [InlineData("v4only.back", "10.2.0.1")]
    public void Name_Asked_GivesAllItsAddressesWithTheQuestionsCase(string name, string expected)
    {
        var reply = Shop.Ask(Packets.Query(name))!;
        Assert.Equal(expected.Split(' '), reply.Addresses.Order());
        Assert.Equal(name + ".", reply.QuestionName);
        Assert.All(reply.Answers, a => Assert.Equal(name + ".", a.Owner));
        Assert.True(reply.IsAuthoritative);
        Assert.Equal(0x1234, reply.Id);
    }

    [Fact]
    public void Name_InSeveralNetworks_IsAnsweredByTheFirstThatHasTheFamily() =>
        Assert.Equal(["fd00:2::1"], Shop.Ask(Packets.Query("v4only", Packets.Aaaa))!.Addresses);

    [Theory]
    [InlineData("web3", Packets.Aaaa)]
    [InlineData("web", 16)]
    [InlineData("web", 6)]
    public void Name_WithoutTheType_IsNoDataWithSoa(string name, ushort type)
    {
        var reply = Shop.Ask(Packets.Query(name, type))!;
        Assert.Equal(0, reply.Code);
        Assert.Empty(reply.Answers);
        Assert.Equal(5u, reply.Soa!.Ttl);
        Assert.Equal(name + ".", reply.Soa.Owner);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("web.back")]
    [InlineData("web.other")]
    [InlineData(".")]
    public void Name_NotKnown_IsForeign(string name) => Assert.Null(Shop.Ask(Packets.Query(name)));

    [Fact]
    public void Name_OfANetworkNotAttached_IsForeign() =>
        Assert.Null(Shop.Ask(Packets.Query("db"), vantage: Shop.Vantage with { Networks = [Shop.Network] }));

    [Fact]
    public void Name_WithADotInsideALabel_IsNotTheDottedName()
    {
        var query = Packets.Query("dotted-name");
        query[19] = (byte)'.';
        Assert.Null(Shop.Ask(query));
    }

    [Fact]
    public void Name_ForeignInASandboxWithInternalNetworksOnly_DoesNotExist()
    {
        var reply = Shop.Ask(Packets.Query("example.org"), vantage: Shop.Vantage with { Forwards = false })!;
        Assert.Equal(NxDomain, reply.Code);
        Assert.Equal("", reply.Soa!.Owner);
    }

    [Fact]
    public void Ttl_OfNetworkAndPolicy_IsInTheAnswer()
    {
        Assert.Equal(30u, Shop.Ask(Packets.Query("db"))!.Answers[0].Ttl);
        var names = Shop.Table.Find(Shop.Back)!.WithPolicy("db", new NamePolicy(Ttl: TimeSpan.FromSeconds(60)));
        Assert.Equal(60u, Shop.Ask(Packets.Query("db"), Shop.Table.With(Shop.Back, names))!.Answers[0].Ttl);
    }

    [Fact]
    public void Any_IsOneHInfoRecord()
    {
        var answer = Assert.Single(Shop.Ask(Packets.Query("web", Packets.Any))!.Answers);
        Assert.Equal(Packets.HInfo, answer.Type);
        Assert.Equal("\u0007RFC8482\0"u8.ToArray(), answer.Data);
    }

    [Theory]
    [InlineData("_8080._tcp.web")]
    [InlineData("_8080._TCP.Web.shop")]
    [InlineData("_8080._udp.web")]
    public void Service_OfAPortNumber_IsEachEndpointWithItsAddresses(string name)
    {
        var reply = Shop.Ask(Packets.Query(name, Packets.Srv, edns: 1232))!;
        Assert.Equal(["web1.shop.", "web2.shop.", "web3.shop."], reply.Answers.Select(a => a.Target).Order());
        Assert.All(reply.Answers, a => Assert.Equal([0, 0, 0, 1, 0x1f, 0x90], a.Data[..6]));
        Assert.All(reply.Answers, a => Assert.Equal(name + ".", a.Owner));
        var additional = reply.Records.Where(r => r is { Section: 3, Type: not Packets.Opt }).ToList();
        Assert.Equal(5, additional.Count);
        Assert.Equal(2, additional.Count(r => r.Owner == "web1.shop."));
    }

    [Fact]
    public void Service_LeavesOutHostsThatAreDownAndCarriesWeights()
    {
        var table = Shop.Of(Shop.Endpoint(1, "h1", "a web", "10.1.0.1", 7), Shop.Endpoint(2, "h2", "b web", "fd00::2", 9), Shop.Endpoint(3, "h3", "c web", "10.1.0.3"));
        var reply = Shop.Ask(Packets.Query("_1._tcp.web", Packets.Srv), table.WithHostDown("h3"))!;
        Assert.Equal([("a.shop.", 7), ("b.shop.", 9)], reply.Answers.Select(a => (a.Target, (int)a.Data[3])).Order());
    }

    [Fact]
    public void Service_WithManyEndpoints_IsTruncatedWithoutAdditionalRecords()
    {
        var table = Shop.Of([.. Enumerable.Range(1, 300).Select(i => Shop.Endpoint(i, "h1", $"many{i} many", $"10.1.{i >> 8}.{i & 255}"))]);
        var reply = Shop.Ask(Packets.Query("_1._tcp.many", Packets.Srv), table)!;
        Assert.True(reply.IsTruncated);
        Assert.All(reply.Records, r => Assert.Equal(1, r.Section));
    }

    [Theory]
    [InlineData("_http._tcp.web", Packets.Srv, NxDomain)]
    [InlineData("_0._tcp.web", Packets.Srv, NxDomain)]
    [InlineData("_70000._tcp.web", Packets.Srv, NxDomain)]
    [InlineData("_80._tcp.web", Packets.A, 0)]
    public void Service_ThatIsNoneOrAnotherType_StaysHere(string name, ushort type, int code)
    {
        var reply = Shop.Ask(Packets.Query(name, type))!;
        Assert.Equal(code, reply.Code);
        Assert.Empty(reply.Answers);
        Assert.NotNull(reply.Soa);
    }

    [Theory]
    [InlineData("_80._tcp.example.org")]
    [InlineData("_80._sctp.web")]
    [InlineData("_80._tcp")]
    [InlineData("_._tcp.web")]
    public void Service_OfNoNameOfOurs_IsForeign(string name) => Assert.Null(Shop.Ask(Packets.Query(name, Packets.Srv)));

    [Theory]
    [InlineData("2.0.1.10.in-addr.arpa", "web2.shop.")]
    [InlineData("2.0.1.10.IN-ADDR.arpa", "web2.shop.")]
    [InlineData("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa", "web2.shop.")]
    [InlineData("1.0.2.10.in-addr.arpa", "db.back.")]
    public void Reverse_KnownAddress_GivesNameAndNetwork(string name, string expected) =>
        Assert.Equal(expected, Assert.Single(Shop.Ask(Packets.Query(name, Packets.Ptr))!.Answers).Target);

    [Theory]
    [InlineData("9.9.1.10.in-addr.arpa", NxDomain, "10.in-addr.arpa.")]
    [InlineData("1.1.16.172.in-addr.arpa", NxDomain, "16.172.in-addr.arpa.")]
    [InlineData("1.1.168.192.in-addr.arpa", NxDomain, "168.192.in-addr.arpa.")]
    [InlineData("x.9.9.1.10.in-addr.arpa", NxDomain, "10.in-addr.arpa.")]
    [InlineData("1.10.in-addr.arpa", 0, "10.in-addr.arpa.")]
    [InlineData("10.in-addr.arpa", 0, "10.in-addr.arpa.")]
    [InlineData("0.0.0.0.1.d.f.ip6.arpa", 0, "d.f.ip6.arpa.")]
    public void Reverse_PrivateAddress_StaysHere(string name, int code, string apex)
    {
        var reply = Shop.Ask(Packets.Query(name, Packets.Ptr))!;
        Assert.Equal(code, reply.Code);
        Assert.Equal(apex, reply.Soa!.Owner);
    }

    [Theory]
    [InlineData("8.8.8.8.in-addr.arpa")]
    [InlineData("172.in-addr.arpa")]
    [InlineData("1.1.32.172.in-addr.arpa")]
    [InlineData("in-addr.arpa")]
    [InlineData("010.in-addr.arpa")]
    [InlineData("300.10.in-addr.arpa")]
    public void Reverse_PublicOrNoAddress_IsForeign(string name) => Assert.Null(Shop.Ask(Packets.Query(name, Packets.Ptr)));

    [Fact]
    public void Reverse_KnownAddressOtherType_IsNoData() => Assert.Equal(0, Shop.Ask(Packets.Query("2.0.1.10.in-addr.arpa"))!.Code);

    [Theory]
    [InlineData(0x2900, NotImp)]
    [InlineData(0x1100, NotImp)]
    public void Opcode_OtherThanQuery_IsNotImplemented(ushort flags, int code) =>
        Assert.Equal(code, Shop.Ask(Packets.Query("web", flags: flags))!.Code);

    [Theory]
    [InlineData(Packets.A, 3)]
    [InlineData(252, 1)]
    public void ClassOrTransfer_IsRefused(ushort type, ushort dnsClass) =>
        Assert.Equal(Refused, Shop.Ask(Packets.Query("web", type, dnsClass: dnsClass))!.Code);

    [Fact]
    public void Response_Received_IsMetWithSilence() => Assert.Null(Shop.Ask(Packets.Query("web", flags: 0x8180)));

    [Fact]
    public void Edns_WithUnknownOption_IsAnsweredWithOurSizeAndTheDoBit()
    {
        byte[] query = [.. Packets.Query("web", edns: 1232)[..^11], .. Packets.OptRecord(1232, true, 0, 0, 77, 0, 2, 1, 2)];
        var opt = Shop.Ask(query)!.Opt!;
        Assert.Equal(1232, opt.Class);
        Assert.Equal(0x8000u, opt.Ttl);
    }

    [Fact]
    public void Edns_OtherVersion_IsBadVers()
    {
        byte[] query = [.. Packets.Query("web", edns: 1232)[..^11], .. Packets.OptRecord(1232, false, 1)];
        Assert.Equal(BadVers, Shop.Ask(query)!.Code);
    }

    [Fact]
    public void Edns_Twice_IsFormErr()
    {
        byte[] query = [.. Packets.Query("web", edns: 1232), .. Packets.OptRecord(512)];
        query[11] = 2;
        Assert.Equal(FormErr, Shop.Ask(query)!.Code);
    }

    [Fact]
    public void Edns_BrokenOption_IsFormErr()
    {
        byte[] query = [.. Packets.Query("web", edns: 1232)[..^11], .. Packets.OptRecord(1232, false, 0, 0, 10, 0, 9, 1)];
        Assert.Equal(FormErr, Shop.Ask(query)!.Code);
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(700, 41)]
    [InlineData(4096, 200)]
    public void Answer_LargerThanTheClientTakes_IsWholeRecordsAndTruncated(int edns, int most)
    {
        var table = Shop.Of([.. Enumerable.Range(1, 300).Select(i => Shop.Endpoint(i, "h1", "many", $"10.1.{i >> 8}.{i & 255}"))]);
        var reply = Shop.Ask(Packets.Query("many", edns: edns), table)!;
        Assert.True(reply.IsTruncated);
        Assert.InRange(reply.Answers.Count, most - 1, 253);
    }
}
