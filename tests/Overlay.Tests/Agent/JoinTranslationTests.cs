using System.Collections.Immutable;
using Overlay.Agent.Desired;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>What a host makes of sandboxes that use another one's network stack.</summary>
public sealed class JoinTranslationTests
{
    private static readonly SandboxRecord Web = Record(1, "web", SandboxModes.Isolated);
    private static readonly SandboxRecord Helper = Record(2, "helper", SandboxModes.Container) with { Joins = Web.Id };

    [Fact]
    public void Joined_HasNoNamespaceOfItsOwn_AndKnowsWhose()
    {
        var helper = Translate([Web, Helper]).Sandboxes[Helper.Id];
        Assert.False(helper.HasNamespace);
        Assert.Same(Web, helper.Joined);
        Assert.Empty(helper.Attachments);
    }

    [Fact]
    public void OtherStoppedOrGone_ItIsNotHere_UntilTheOtherHasEndedItStays()
    {
        var stopped = Web with { Started = false };
        Assert.Empty(Translate([stopped, Helper]).Sandboxes);
        Assert.Empty(Translate([Helper]).Sandboxes);
        // It is in the namespace that the other one's command still needs.
        Assert.Equal([Web.Id, Helper.Id], Translate([stopped, Helper], Web.Id).Sandboxes.Keys.Order());
    }

    [Fact]
    public void OtherStartedAgain_IsAChange_AndNothingElseIs()
    {
        var before = Translate([Web, Helper]).Sandboxes[Helper.Id];
        Assert.True(before.SameAs(Translate([Web, Helper]).Sandboxes[Helper.Id]));
        Assert.False(before.SameAs(Translate([Web with { Generation = 2 }, Helper]).Sandboxes[Helper.Id]));
    }

    [Fact]
    public void HostMode_HasFilesAndNameOfItsOwn_OnlyWhereAskedFor()
    {
        var plain = Record(3, "box", SandboxModes.Host);
        plain = plain with { Hostname = plain.Id.Short };
        Assert.False(plain.HasFiles() || plain.HasHostname() || plain.HasNamespace());
        Assert.True((plain with { Hostname = "chosen" }).HasHostname());
        Assert.True((plain with { DnsServers = [Address.Parse("192.0.2.53")] }).HasFiles());
        Assert.True((plain with { DnsSearch = ["example.com"] }).HasFiles());
        Assert.True((plain with { DnsOptions = ["ndots:2"] }).HasFiles());
        Assert.True((plain with { ExtraHosts = [new() { Name = "gw" }] }).HasFiles());
        Assert.False(Helper.HasFiles() || Helper.HasNamespace());
        Assert.True(Record(4, "none", SandboxModes.None).HasFiles());
    }

    private static DesiredHost Translate(SandboxRecord[] sandboxes, params ObjectId[] ending) => new Translator(new HostContext
    {
        Name = "h1",
        Mark = new("test", "h1"),
        TunnelAddress = Address.Parse("192.0.2.1"),
        VxlanPort = 4789,
    }).Translate(HostView.Empty with { Sandboxes = sandboxes.ToImmutableDictionary(s => s.Id) }, [.. ending]);

    private static SandboxRecord Record(int number, string name, string mode) =>
        new() { Id = new((UInt128)number << 64), Name = name, Host = "h1", Hostname = name, Mode = mode };
}
