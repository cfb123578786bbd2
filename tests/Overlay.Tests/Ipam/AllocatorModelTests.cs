using System.Collections.Immutable;
using CsCheck;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ipam;
using Xunit;

namespace Overlay.Tests.Ipam;

/// <summary>Random commands against a model that is too simple to be wrong: a dictionary, and a walk over every address.</summary>
public sealed class AllocatorModelTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Small enough to be full often: network, broadcast, gateway and one auxiliary are not for leasing.
    private static readonly AddressPlan Small = Plan("10.1.0.0/28", "10.1.0.1", null, "10.1.0.5");
    private static readonly AddressPlan Ranged = Plan("10.1.0.0/27", "10.1.0.1", "10.1.0.8/29", "10.1.0.9");
    private static readonly AddressPlan Six = Plan("fd00::/124", "fd00::1", null, "fd00::7");

    private static readonly Gen<(int Kind, int Owner, int Offset)[]> Commands =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 19], Gen.Int[0, 40]).Array[1, 150];

    [Fact]
    public void RandomCommands_AgreeWithTheModel() => Commands.Sample(
        commands =>
        {
            Run(Small, commands);
            Run(Ranged, commands);
            Run(Six, commands);
        },
        iter: 1_000);

    private static void Run(AddressPlan plan, (int Kind, int Owner, int Offset)[] commands)
    {
        var allocator = Allocator.Create(plan);
        var model = new Model(plan);
        var now = Start;
        foreach (var (kind, number, offset) in commands)
        {
            var owner = $"o{number}";
            switch (kind)
            {
                case <= 3:
                    allocator = Allocate(allocator, model, owner, null, now);
                    break;
                case 4:
                    allocator = Allocate(allocator, model, owner, plan.Prefix.Base.Next((UInt128)offset), now);
                    break;
                case <= 7:
                    allocator = allocator.Release(owner, ulong.MaxValue, now).Next;
                    model.Release(owner, now);
                    break;
                case 8:
                    now += TimeSpan.FromSeconds(offset);
                    break;
                default:
                    // What the store has after a restart.
                    allocator = Allocator.Create(plan, [.. allocator.Leases]);
                    break;
            }
            Assert.Equal(model.Counts, (allocator.Usage.InUse, allocator.Usage.Quarantined));
        }
        model.Agree(allocator);
    }

    private static Allocator Allocate(Allocator allocator, Model model, string owner, Address? wanted, DateTimeOffset now)
    {
        Step<Address> step;
        try
        {
            step = allocator.Allocate(owner, "", wanted, 0, now);
        }
        catch (RefusalException refused)
        {
            Assert.Equal(model.RefusalOf(owner, wanted, now), refused.Code);
            return allocator;
        }
        Assert.Null(model.RefusalOf(owner, wanted, now));
        model.Granted(owner, wanted, step.Result, now);
        foreach (var change in step.Changes.Where(c => c.Lease is null))
            model.Ended(change.Address, now);
        return step.Next;
    }

    private static AddressPlan Plan(string prefix, string gateway, string? range, string auxiliary) => new(
        Prefix.Parse(prefix), Address.Parse(gateway), range is null ? null : Prefix.Parse(range),
        ImmutableDictionary<string, Address>.Empty.Add("printer", Address.Parse(auxiliary)));

    private sealed class Model(AddressPlan plan)
    {
        private readonly Dictionary<Address, string> _held = [];
        private readonly Dictionary<Address, DateTimeOffset> _resting = [];

        public (int Held, int Resting) Counts => (_held.Count, _resting.Count);

        public string? RefusalOf(string owner, Address? wanted, DateTimeOffset now)
        {
            if (_held.Where(h => h.Value == owner).Select(h => (Address?)h.Key).FirstOrDefault() is { } has)
                return wanted is null || wanted == has ? null : ErrorCodes.Conflict;
            if (wanted is not { } address)
                return Automatic().Any(a => IsFree(a, now)) ? null : ErrorCodes.SubnetFull;
            if (!plan.Prefix.Contains(address))
                return ErrorCodes.AddressOutside;
            return plan.RoleOf(address) is not null || _held.ContainsKey(address) ? ErrorCodes.AddressTaken : null;
        }

        public void Granted(string owner, Address? wanted, Address address, DateTimeOffset now)
        {
            if (_held.TryGetValue(address, out var holder))
            {
                Assert.Equal(holder, owner);
                return;
            }
            Assert.DoesNotContain(owner, _held.Values);
            if (wanted is null)
            {
                Assert.Contains(address, Automatic());
                Assert.True(IsFree(address, now), $"{address} was resting");
            }
            _held.Add(address, owner);
            _resting.Remove(address);
        }

        public void Ended(Address address, DateTimeOffset now)
        {
            // The one just granted was taken out of its rest by the grant.
            if (_resting.Remove(address, out var since))
                Assert.True(since + Allocator.DefaultQuarantine <= now);
        }

        public void Release(string owner, DateTimeOffset now)
        {
            foreach (var (address, _) in _held.Where(h => h.Value == owner).ToList())
            {
                _held.Remove(address);
                _resting[address] = now;
            }
        }

        public void Agree(Allocator allocator)
        {
            Assert.Equal(_held.OrderBy(h => h.Key), allocator.Leases.Where(l => l.Released is null)
                .Select(l => KeyValuePair.Create(l.Address, l.Owner)).OrderBy(h => h.Key));
            var (inUse, quarantined, free) = allocator.Usage;
            Assert.Equal((_held.Count, _resting.Count), (inUse, quarantined));
            Assert.Equal((UInt128)Automatic().Count(a => !_held.ContainsKey(a) && !_resting.ContainsKey(a)), free);
        }

        private IEnumerable<Address> Automatic()
        {
            var (first, last) = plan.Automatic;
            for (var address = first; address.Value <= last.Value; address = address.Next(1))
            {
                if (plan.RoleOf(address) is null)
                    yield return address;
            }
        }

        private bool IsFree(Address address, DateTimeOffset now) =>
            !_held.ContainsKey(address) && (!_resting.TryGetValue(address, out var since) || since + Allocator.DefaultQuarantine <= now);
    }
}
