using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Networks;
using Xunit;

namespace Overlay.Tests.Grains;

public sealed class NetworkDecisionsTests
{
    [Theory]
    [InlineData("bridge", 1023)]
    [InlineData("overlay", 1022)]
    public void Connect_MoreThanABridgeTakes_IsRefusedForThatHostOnly(string driver, int most)
    {
        var spec = new NetworkRecord { Id = Id(0), Name = "shop", Driver = driver };
        var state = NetworkState.Empty with { Spec = spec };
        for (var number = 1; number < most; number++)
            state = state.With(Endpoint(number));

        NetworkDecisions.RefuseBeyondPorts(state, spec, "h1");
        state = state.With(Endpoint(most));
        var refusal = Assert.Throws<RefusalException>(() => NetworkDecisions.RefuseBeyondPorts(state, spec, "h1"));

        Assert.Equal(ErrorCodes.HostFull, refusal.Code);
        Assert.Contains($"'h1' has {most} sandboxes on network 'shop'", refusal.Message, StringComparison.Ordinal);
        NetworkDecisions.RefuseBeyondPorts(state, spec, "h2");
    }

    private static EndpointRecord Endpoint(int number) => new()
    {
        Id = Id(number),
        Sandbox = Id(10_000 + number),
        SandboxName = $"s{number}",
        Host = "h1",
        Addresses = [],
        Mac = MacAddress.FromRandom(BitConverter.GetBytes((long)number).AsSpan(0, 6)),
    };

    private static ObjectId Id(int number)
    {
        var bytes = new byte[16];
        BitConverter.TryWriteBytes(bytes, number);
        return ObjectId.FromBytes(bytes);
    }
}
