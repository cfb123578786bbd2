using System.Collections.Immutable;
using System.Diagnostics;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ipam;
using Xunit;

namespace Overlay.Tests.Ipam;

public sealed class AllocatorTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Allocate_Automatic_GoesForward_SkipsReserved_AndWraps()
    {
        var allocator = Create("10.1.0.0/29", "10.1.0.1");
        Assert.Equal("10.1.0.2", Allocate(ref allocator, "a"));
        Assert.Equal("10.1.0.3", Allocate(ref allocator, "b"));
        allocator = allocator.Release("a", 1, Now).Next;
        Assert.Equal("10.1.0.4", Allocate(ref allocator, "c", Now.AddMinutes(1)));
        Assert.Equal("10.1.0.5", Allocate(ref allocator, "d", Now.AddMinutes(1)));
        Assert.Equal("10.1.0.6", Allocate(ref allocator, "e", Now.AddMinutes(1)));
        Assert.Equal("10.1.0.2", Allocate(ref allocator, "f", Now.AddMinutes(1)));
    }

    [Fact]
    public void Allocate_SameOwner_IsOneLease()
    {
        var allocator = Create("10.1.0.0/24", "10.1.0.1");
        Assert.Equal(Allocate(ref allocator, "a"), Allocate(ref allocator, "a"));
        Assert.Equal(1, allocator.Usage.InUse);
    }

    [Fact]
    public void Allocate_AddressTaken_NamesTheHolderAndAFreeOne()
    {
        var allocator = Create("10.1.0.0/24", "10.1.0.1");
        allocator = allocator.Allocate("endpoint:1", "sandbox web on h1", Address.Parse("10.1.0.9"), 0, Now).Next;
        var refused = Assert.Throws<RefusalException>(() => allocator.Allocate("endpoint:2", "", Address.Parse("10.1.0.9"), 0, Now));
        Assert.Equal(ErrorCodes.AddressTaken, refused.Code);
        Assert.Equal("10.1.0.9 is taken by sandbox web on h1 (endpoint:1); 10.1.0.2 is free", refused.Message);
        refused = Assert.Throws<RefusalException>(() => allocator.Allocate("endpoint:2", "", Address.Parse("10.1.0.1"), 0, Now));
        Assert.Contains("the gateway", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<RefusalException>(() => allocator.Allocate("endpoint:2", "", Address.Parse("10.1.0.255"), 0, Now));
        Assert.Contains("broadcast", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allocate_OnlyRestingAddressesLeft_SaysWhenTheNextIsFree()
    {
        var allocator = Create("10.1.0.0/30", "10.1.0.1");
        Allocate(ref allocator, "a");
        allocator = allocator.Release("a", 1, Now).Next;
        var refused = Assert.Throws<RefusalException>(() => allocator.Allocate("b", "", null, 0, Now.AddSeconds(10)));
        Assert.Equal(ErrorCodes.SubnetFull, refused.Code);
        Assert.Contains("in 20 s", refused.Message, StringComparison.Ordinal);
        Assert.Equal("10.1.0.2", Allocate(ref allocator, "b", Now.AddSeconds(30)));
    }

    [Fact]
    public void Release_DecidedBeforeTheLastClaim_IsVoid()
    {
        var allocator = Create("10.1.0.0/24", "10.1.0.1");
        allocator = allocator.Allocate("node:h1", "", null, 5, Now).Next;
        allocator = allocator.Allocate("node:h1", "", null, 9, Now).Next;
        Assert.Empty(allocator.Release("node:h1", 9, Now).Changes);
        Assert.NotNull(allocator.Find("node:h1"));
        Assert.Null(allocator.Release("node:h1", 10, Now).Next.Find("node:h1"));
    }

    [Fact]
    public void Allocate_InASlash64_CostsNoMoreThanInASlash24()
    {
        var clock = Stopwatch.StartNew();
        var allocator = Create("fd00::/64", "fd00::1");
        var random = new Random(1);
        for (var i = 0; i < 5_000; i++)
        {
            if (random.Next(3) == 0)
                allocator = allocator.Release($"o{random.Next(i + 1)}", 1, Now.AddSeconds(i)).Next;
            Allocate(ref allocator, $"o{i}", Now.AddSeconds(i));
        }
        Assert.Equal((UInt128.One << 64) - 2 - (UInt128)allocator.Usage.InUse - (UInt128)allocator.Usage.Quarantined, allocator.Usage.Free);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
    }

    [Fact]
    public void Usage_OfTheWholeSpace_DoesNotOverflow()
    {
        var allocator = Create("8000::/1", "8000::1");
        Allocate(ref allocator, "a");
        Assert.Equal((UInt128.One << 127) - 3, allocator.Usage.Free);
        allocator = allocator.Allocate("last", "", Address.Parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 0, Now).Next;
        Assert.Equal((UInt128.One << 127) - 4, Allocator.Create(allocator.Plan, allocator.Leases).Usage.Free);
    }

    private static Allocator Create(string prefix, string gateway) => Allocator.Create(new AddressPlan(
        Prefix.Parse(prefix), Address.Parse(gateway), null, ImmutableDictionary<string, Address>.Empty));

    private static string Allocate(ref Allocator allocator, string owner, DateTimeOffset? now = null)
    {
        var step = allocator.Allocate(owner, "", null, 0, now ?? Now);
        allocator = step.Next;
        return step.Result.ToString();
    }
}
