using Overlay.Core.Names;
using Overlay.Dns.Answering;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed class RecordOrderTests
{
    private const int Draws = 20_000;

    /// <summary>Chi-square, 0.1% point for 1 to 7 degrees of freedom.</summary>
    private static readonly double[] Critical = [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void FirstPlace_OfEqualRecords_IsEven(int count)
    {
        var table = Shop.Of([.. Enumerable.Range(1, count).Select(i => Shop.Endpoint(i, "h1", "web", $"10.1.0.{i}"))]);
        AssertShares(FirstPlaces(table), [.. Enumerable.Repeat(1.0 / count, count)]);
    }

    [Fact]
    public void FirstPlace_WithDeadRecordsBetween_IsEvenOverTheLiving()
    {
        var table = Shop.Of([.. Enumerable.Range(1, 6).Select(i => Shop.Endpoint(i, i is 2 or 3 or 4 ? "gone" : "h1", "web", $"10.1.0.{i}"))]).WithHostDown("gone");
        AssertShares(FirstPlaces(table), [1.0 / 3, 1.0 / 3, 1.0 / 3]);
    }

    [Fact]
    public void FirstPlace_OfWeightedRecords_FollowsTheWeights()
    {
        var table = Shop.Of(Shop.Endpoint(1, "h1", "web", "10.1.0.1", 1), Shop.Endpoint(2, "h1", "web", "10.1.0.2", 3), Shop.Endpoint(3, "h1", "web", "10.1.0.3", 6));
        AssertShares(FirstPlaces(table), [0.1, 0.3, 0.6]);
    }

    [Fact]
    public void Host_Down_IsLeftOutAndComesBack()
    {
        Assert.Equal(["10.1.0.1", "10.1.0.3"], Addresses("web", Shop.Table.WithHostDown("h2")));
        Assert.Equal(["10.1.0.1", "10.1.0.2", "10.1.0.3"], Addresses("web", Shop.Table.WithHostDown("h2").WithHostUp("h2")));
    }

    [Fact]
    public void EveryHost_Down_AnswersWithWhatIsKnown() =>
        Assert.Equal(["10.1.0.1", "10.1.0.2", "10.1.0.3"], Addresses("web", Shop.Table.WithHostDown("h1").WithHostDown("h2").WithHostDown("h3")));

    [Fact]
    public void Endpoint_DrainingOrWithoutWeight_IsAnsweredOnlyWhenNothingElseIsUp()
    {
        var table = Shop.Of(
            Shop.Endpoint(1, "h1", "web", "10.1.0.1", draining: true), Shop.Endpoint(2, "h1", "web", "10.1.0.2", weight: 0), Shop.Endpoint(3, "h2", "web", "10.1.0.3"));
        Assert.Equal(["10.1.0.3"], Addresses("web", table));
        Assert.Equal(["10.1.0.1", "10.1.0.2"], Addresses("web", table.WithHostDown("h2")));
    }

    [Fact]
    public void LocalFirst_FallsBackWhenTheLocalOnesDrainOrDie()
    {
        static NameTable Local(NameTable table) =>
            table.With(Shop.Network, table.Find(Shop.Network)!.WithPolicy("web", new NamePolicy(NamePreference.Local)));
        var table = Local(Shop.Table);
        Assert.Equal(["10.1.0.1"], Addresses("web", table));
        Assert.Equal(["10.1.0.2", "10.1.0.3"], Addresses("web", table.WithHostDown("h1")));
        var draining = table.With(Shop.Network, table.Find(Shop.Network)!.With(Shop.Endpoint(1, "h1", "web1 web", "10.1.0.1", draining: true)));
        Assert.Equal(["10.1.0.2", "10.1.0.3"], Addresses("web", draining));
    }

    [Fact]
    public void Answering_AllocatesNothing()
    {
        var query = Packets.Query("web.shop", edns: 1232);
        var reply = new byte[4096];
        var rotation = new Rotation(7);
        var table = Shop.Table.WithHostDown("h2");
        Once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Once();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Once()
        {
            Overlay.Dns.Wire.Query.Read(query, out var parsed);
            Answerer.TryAnswer(parsed, Shop.Vantage, table, ref rotation, reply, out _, out _);
        }
    }

    private static IEnumerable<string> Addresses(string name, NameTable table) => Shop.Ask(Packets.Query(name), table)!.Addresses.Order();

    private static int[] FirstPlaces(NameTable table)
    {
        var rotation = new Rotation(12345);
        var counts = new SortedDictionary<string, int>();
        for (var i = 0; i < Draws; i++)
        {
            var first = Shop.Ask(Packets.Query("web"), table, Shop.Vantage, ref rotation)!.Addresses[0];
            counts[first] = counts.GetValueOrDefault(first) + 1;
        }
        return [.. counts.Values];
    }

    private static void AssertShares(int[] counts, double[] shares)
    {
        Assert.Equal(shares.Length, counts.Length);
        var chiSquare = counts.Zip(shares, (count, share) => Math.Pow(count - share * Draws, 2) / (share * Draws)).Sum();
        Assert.InRange(chiSquare, 0, Critical[shares.Length - 2]);
    }
}
