using CsCheck;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ipam;
using Xunit;

namespace Overlay.Tests.Ipam;

public sealed class SubnetPickerTests
{
    private static readonly Gen<Prefix> SomePrefix = Gen.Select(Gen.Int[0, 255], Gen.Int[0, 255], Gen.Int[12, 30])
        .Select((a, b, length) => new Prefix(Address.V4((uint)(10 << 24 | 201 << 16 | a << 8 | b)), length));

    [Fact]
    public void FindOverlap_AgreesWithLookingAtEach() => Gen.Select(SomePrefix.Array[0, 30], SomePrefix).Sample((added, asked) =>
    {
        var set = PrefixSet.Empty;
        var kept = new List<Prefix>();
        foreach (var prefix in added)
        {
            Assert.Equal(kept.Any(k => k.Overlaps(prefix)), set.FindOverlap(prefix) is not null);
            if (set.FindOverlap(prefix) is not null)
                continue;
            set = set.Add(prefix, prefix.ToString());
            kept.Add(prefix);
        }
        Assert.Equal(kept.Any(k => k.Overlaps(asked)), set.FindOverlap(asked) is not null);
    });

    [Fact]
    public void Pick_FillsThePool_NeverOverlapping_ThenSaysThatItIsFull()
    {
        SubnetPool[] pools = [new(Prefix.Parse("10.201.0.0/20"), 24)];
        var taken = PrefixSet.Empty.Add(Prefix.Parse("10.201.3.64/26"), "odd");
        var routes = PrefixSet.Covering([(Prefix.Parse("10.201.8.0/22"), "h1"), (Prefix.Parse("10.201.9.0/24"), "h2"), (Prefix.Parse("10.201.1.7/32"), "h3")]);
        var picked = new List<string>();
        while (picked.Count < 16)
        {
            try
            {
                var prefix = SubnetPicker.Pick(pools, taken, routes);
                taken = taken.Add(prefix, "mine");
                picked.Add(prefix.ToString());
            }
            catch (RefusalException full)
            {
                Assert.Equal(ErrorCodes.PoolsExhausted, full.Code);
                break;
            }
        }
        Assert.Equal([0, 2, 4, 5, 6, 7, 12, 13, 14, 15], picked.Select(p => int.Parse(p.Split('.')[2])));
    }

    [Fact]
    public void Pick_OfUla_GivesItsSlash64s()
    {
        var pool = SubnetPool.OfUla(Prefix.Parse("fd12:3456:789a::/48"));
        var first = SubnetPicker.Pick([pool], PrefixSet.Empty);
        Assert.Equal("fd12:3456:789a::/64", first.ToString());
        Assert.Equal("fd12:3456:789a:1::/64", SubnetPicker.Pick([pool], PrefixSet.Empty.Add(first, "x")).ToString());
    }
}
