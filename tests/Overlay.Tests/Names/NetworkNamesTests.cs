using CsCheck;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Names;
using Xunit;

namespace Overlay.Tests.Names;

public sealed class NetworkNamesTests
{
    private static readonly string[] Pool = ["web", "db", "cache", "a", "b"];

    private static readonly Gen<EndpointNames> Endpoints = Gen.Select(
        Gen.Int[1, 8], Gen.Int[0, Pool.Length - 1].Array[1, 3], Gen.UInt[1, 6].Array[0, 3],
        (id, names, addresses) => new EndpointNames(
            new ObjectId((UInt128)id), "h1", [.. names.Distinct().Select(n => Pool[n])], [.. addresses.Distinct().Select(Address.V4)]));

    [Fact]
    public void Names_AfterAnyChanges_AreThoseOfTheEndpointsLeft() =>
        Gen.Select(Gen.Bool, Endpoints).Array[0, 60].Sample(changes =>
        {
            var names = new NetworkNames("shop");
            var model = new Dictionary<ObjectId, EndpointNames>();
            foreach (var (isAdd, endpoint) in changes)
            {
                names = isAdd ? names.With(endpoint) : names.Without(endpoint.Endpoint);
                if (isAdd)
                    model[endpoint.Endpoint] = endpoint;
                else
                    model.Remove(endpoint.Endpoint);
            }
            foreach (var name in Pool)
            {
                var expected = model.Values.Where(e => e.Names.Contains(name)).SelectMany(e => e.Addresses.Select(a => (e.Endpoint, a)));
                var actual = names.Find(name)?.V4.Select(r => (r.Endpoint, r.Address)) ?? [];
                Assert.Equal(expected.Order(), actual.Order());
            }
            for (uint i = 1; i <= 6; i++)
            {
                var owners = model.Values.Where(e => e.Addresses.Contains(Address.V4(i))).Select(e => e.Names[0]);
                Assert.Equal(owners.Order(), names.NamesOf(Address.V4(i)).Order());
            }
        });

    [Fact]
    public void Endpoint_SaidAgainUnchanged_ChangesNothing()
    {
        var names = new NetworkNames("shop").With(Web());
        Assert.Same(names, names.With(Web()));
    }

    [Fact]
    public void Policy_SetBeforeTheFirstEndpoint_Holds()
    {
        var local = new NamePolicy(NamePreference.Local);
        var names = new NetworkNames("shop").WithPolicy("WEB", local).With(Web());
        Assert.Equal(local, names.Find("web")!.Policy);
        Assert.Equal(NamePolicy.Default, names.WithPolicy("web", null).Find("web")!.Policy);
    }

    [Fact]
    public void Name_WithoutAddressesLeft_IsGone() => Assert.Null(new NetworkNames("shop").With(Web()).Without(new(1)).Find("web"));

    private static EndpointNames Web() => new(new ObjectId(1), "h1", ["web"], [Address.Parse("10.0.0.2")]);
}
