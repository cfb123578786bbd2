using System.Collections.Immutable;
using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Linux;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class FilterTableTests : IDisposable
{
    private const string Body = "comment \"overlay:test/h1\"\nmap ports4_any { type inet_proto . inet_service : ipv4_addr . inet_service; }";
    private const string Comment = "overlay:test/h1";

    private readonly string _memory = Path.Combine(Directory.CreateTempSubdirectory("overlay-table-").FullName, "host");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_memory)!, recursive: true);

    [Fact]
    public void Listing_AsNftPrintsIt_IsTakenApart()
    {
        const string listing = """
            table inet overlay {
            	comment "overlay:test/h1"
            	set own_links {
            		type ifname
            		elements = { "obr00000000001", "obr00000000002" }
            	}

            	set members6 {
            		type ipv6_addr
            	}

            	map ports4_any {
            		type inet_proto . inet_service : ipv4_addr . inet_service
            		elements = { 6 . 81 : 10.0.0.1 . 80,
            			     udp . 8080 : 10.0.0.1 . 80 }
            	}

            	chain forward {
            		type filter hook forward priority filter; policy accept;
            		meta l4proto { tcp, udp } accept
            	}
            }

            """;

        var parsed = TableListing.Parse(listing)!;

        Assert.Equal(["\"obr00000000001\"", "\"obr00000000002\""], parsed.Elements["own_links"].Keys.Order());
        Assert.Equal("10.0.0.1 . 80", parsed.Elements["ports4_any"]["udp . 8080"]);
        Assert.Equal(2, parsed.Elements["ports4_any"].Count);
        Assert.Empty(parsed.Elements["members6"]);
        Assert.DoesNotContain("elements", parsed.Structure, StringComparison.Ordinal);
        Assert.Contains("meta l4proto { tcp, udp } accept", parsed.Structure, StringComparison.Ordinal);
    }

    [Fact]
    public void ChangedPort_CostsOneElement_NotTheTable()
    {
        var kernel = new Recorder();
        var table = new FilterTable(kernel, HostRuleset.Table, _memory);
        table.Apply(Body, Comment, Ports(("6 . 80", "10.0.0.1 . 80"), ("6 . 81", "10.0.0.1 . 81")), mayDelete: true, look: true, out _);
        kernel.Scripts.Clear();

        table.Apply(Body, Comment, Ports(("6 . 80", "10.0.0.2 . 80"), ("6 . 82", "10.0.0.1 . 82")), mayDelete: true, look: true, out _);

        Assert.Equal(
            ["delete element inet overlay ports4_any { 6 . 80, 6 . 81 }\nadd element inet overlay ports4_any { 6 . 80 : 10.0.0.2 . 80, 6 . 82 : 10.0.0.1 . 82 }\n"],
            kernel.Scripts);
    }

    [Fact]
    public void ChangedPort_WhenNothingReportedAChange_IsWrittenWithoutListing()
    {
        var kernel = new Recorder();
        var table = new FilterTable(kernel, HostRuleset.Table, _memory);
        table.Apply(Body, Comment, Ports(("6 . 80", "10.0.0.1 . 80")), mayDelete: true, look: true, out _);
        kernel.Scripts.Clear();
        var listings = kernel.Listings;

        Assert.Equal(1, table.Apply(Body, Comment, Ports(("6 . 82", "10.0.0.1 . 82")), mayDelete: true, look: false, out var before));

        Assert.Equal("10.0.0.1 . 80", before["ports4_any"]["6 . 80"]);
        Assert.Equal(["delete element inet overlay ports4_any { 6 . 80 }\nadd element inet overlay ports4_any { 6 . 82 : 10.0.0.1 . 82 }\n"], kernel.Scripts);
        Assert.Equal(listings, kernel.Listings);
    }

    [Fact]
    public void SameTable_ByAnAgentWithoutMemoryOfItsOwn_WritesNothing()
    {
        var kernel = new Recorder();
        var ports = Ports(("6 . 80", "10.0.0.1 . 80"));
        Assert.Equal(1, new FilterTable(kernel, HostRuleset.Table, _memory).Apply(Body, Comment, ports, mayDelete: true, look: true, out _));

        Assert.Equal(0, new FilterTable(kernel, HostRuleset.Table, _memory).Apply(Body, Comment, ports, mayDelete: true, look: true, out _));
    }

    [Fact]
    public void TableOfThatName_ThatIsNotOurs_IsRefused()
    {
        var kernel = new Recorder();
        kernel.Run("table inet overlay {\ncomment \"someone's\"\n}\n");
        kernel.Scripts.Clear();

        var refusal = Assert.Throws<KernelException>(() => new FilterTable(kernel, HostRuleset.Table, _memory).Apply(Body, Comment, FilterElements.Empty, mayDelete: true, look: true, out _));

        Assert.Contains("not ours", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Scripts);
    }

    [Fact]
    public void NewNamespace_IsNotListed_AndWhatIsKnownGoesWithoutALook()
    {
        var kernel = new Recorder();
        var table = new FilterTable(kernel, HostRuleset.Table, _memory, isNew: true);

        Assert.Equal(1, table.Apply(Body, Comment, FilterElements.Empty, mayDelete: true, look: true, out _));
        Assert.Equal(1, table.Apply(null, Comment, FilterElements.Empty, mayDelete: true, look: false, out _));
        Assert.Equal(0, table.Apply(null, Comment, FilterElements.Empty, mayDelete: true, look: false, out _));
        Assert.Equal(1, table.Apply(Body, Comment, FilterElements.Empty, mayDelete: true, look: false, out _));

        Assert.Equal(0, kernel.Listings);
        Assert.Equal(0, table.Apply(Body, Comment, FilterElements.Empty, mayDelete: true, look: true, out _));
        Assert.Equal(1, kernel.Listings);
    }

    [Fact]
    public void KnownTableThatSomeoneDeleted_IsLookedForAfterTheFailure()
    {
        var kernel = new Recorder();
        var table = new FilterTable(kernel, HostRuleset.Table, _memory);
        table.Apply(Body, Comment, FilterElements.Empty, mayDelete: true, look: true, out _);
        kernel.Run($"delete table {HostRuleset.Table}\n");

        Assert.Throws<KernelException>(() => table.Apply(null, Comment, FilterElements.Empty, mayDelete: true, look: false, out _));
        Assert.Equal(0, table.Apply(null, Comment, FilterElements.Empty, mayDelete: true, look: false, out _));
    }

    private static FilterElements Ports(params (string Key, string Value)[] ports) =>
        new(ImmutableDictionary<string, ImmutableDictionary<string, string>>.Empty.Add("ports4_any", ports.ToImmutableDictionary(p => p.Key, p => p.Value)));

    private sealed class Recorder : INftables
    {
        private readonly INftables _fake = new Testing.Kernels.FakeKernel().Host.Nftables;

        public List<string> Scripts { get; } = [];

        public uint Generation => _fake.Generation;

        public void Run(string script)
        {
            Scripts.Add(script);
            _fake.Run(script);
        }

        public string? Run(string script, string table)
        {
            Run(script);
            return _fake.List(table);
        }

        public int Listings { get; private set; }

        public string? List(string table)
        {
            Listings++;
            return _fake.List(table);
        }

        public string ListChains() => _fake.ListChains();
    }
}
