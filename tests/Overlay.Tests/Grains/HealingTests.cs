using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Recovery;
using Xunit;

namespace Overlay.Tests.Grains;

public sealed class HealingTests
{
    [Fact]
    public void Lease_OfWhatAHostHasNotLetGo_ReturnsWithIt()
    {
        var subnet = new SubnetRecord { Id = new ObjectId(2), Prefix = Prefix.Parse("10.1.0.0/24") };
        var spec = new NetworkRecord { Id = new ObjectId(1), Name = "shop", Driver = "overlay", Vni = 7, Subnets = [subnet] };
        var left = new LeavingRecord
        {
            Owner = "endpoint:9", Host = "h2", Addresses = [Address.Parse("10.1.0.9")], Description = "sandbox db", Revision = 4, Since = default,
        };
        var fields = ImmutableDictionary<string, byte[]>.Empty
            .Add(Fields.Spec, RecordCodec.Encode(spec)).Add(Fields.Leaving(left.Owner), RecordCodec.Encode(left));
        var stored = new Dictionary<string, PartitionCopy>
        {
            [Partitions.Network(spec.Id)] = new() { Name = Partitions.Network(spec.Id), Cursor = new FeedCursor(4, 1), Fields = fields },
        };

        var plan = Healing.Of(stored, new Dictionary<string, ImmutableArray<PartitionCopy>>());

        var lease = RecordCodec.Decode<LeaseRecord>(plan.Fields[Partitions.Subnet(subnet.Id)][Fields.Lease(Address.Parse("10.1.0.9"))]);
        Assert.Equal(("endpoint:9", (DateTimeOffset?)null), (lease.Owner, lease.Released));
    }
}
