using System.Collections.Immutable;
using Overlay.Agent.Liveness;
using Overlay.Core.Addressing;
using Overlay.Testing;
using Xunit;

namespace Overlay.Tests.Liveness;

public sealed class LivenessJudgeTests
{
    [Fact]
    public void Host_SilentForFourIntervals_IsDownAndBackWithTheFirstAnswer()
    {
        var world = new World("h2", "h3");
        world.Pass(2);
        world.Silence("h2");
        world.Pass(4);
        Assert.Empty(world.Down);
        world.Pass(1);
        Assert.Equal(["h2"], world.Down);
        world.Answer("h2");
        world.Pass(2);
        Assert.Empty(world.Down);
    }

    [Fact]
    public void Miss_WhileTheProberWasLate_DoesNotCount()
    {
        var world = new World("h2");
        world.Pass(2);
        world.Silence("h2");
        world.Pass(100, onTime: false);
        Assert.Empty(world.Down);
        world.Pass(5);
        Assert.Equal(["h2"], world.Down);
    }

    [Fact]
    public void Host_ThatNeverAnswered_IsWhatTheMembershipSays()
    {
        var world = new World("h2", "h3");
        world.Silence("h2");
        world.Silence("h3");
        world.Pass(20);
        Assert.Empty(world.Down);
        world.Members = ["h1", "h3"];
        world.Pass(1);
        Assert.Equal(["h2"], world.Down);
        Assert.True(world.Judge.Down["h2"].ByMembership);
        world.Answer("h2");
        world.Pass(2);
        Assert.Empty(world.Down);
    }

    [Fact]
    public void Host_ThatAnswersButIsNoMember_IsUp()
    {
        var world = new World("h2") { Members = ["h1"] };
        world.Pass(2);
        Assert.Empty(world.Down);
    }

    [Fact]
    public void NearlyAllHosts_Silent_StayUpUnlessTheMembershipSaysOtherwise()
    {
        var world = new World("h2", "h3", "h4", "h5", "h6");
        world.Pass(2);
        foreach (var host in new[] { "h2", "h3", "h4", "h5" })
            world.Silence(host);
        world.Pass(10);
        Assert.Empty(world.Down);
        world.Members = ["h1", "h3", "h4", "h5", "h6"];
        world.Pass(1);
        Assert.Equal(["h2"], world.Down);
        world.Answer("h3");
        world.Pass(2);
        Assert.Equal(["h2", "h4", "h5"], world.Down);
    }

    [Fact]
    public void Network_TakenAwayAtThePeerFirst_IsNoDeath()
    {
        var world = new World("h2");
        world.Set("h2", "10.0.1.2", "10.0.2.2");
        world.Pass(2);
        Assert.Equal(["10.0.1.2"], world.Asked);
        world.SilentAddresses.Add("10.0.1.2");
        world.Pass(20);
        Assert.Empty(world.Down);
        Assert.Equal(["10.0.2.2"], world.Asked);
    }

    [Fact]
    public void NewAddress_NotMadeYetAtThePeer_IsNoDeath()
    {
        var world = new World("h2");
        world.Pass(2);
        world.Set("h2", "10.0.9.2");
        world.SilentAddresses.Add("10.0.9.2");
        world.Pass(20);
        Assert.Empty(world.Down);
    }

    [Fact]
    public void Host_ThatSharesNothingAnyMore_IsForgotten()
    {
        var world = new World("h2");
        world.Pass(2);
        world.Silence("h2");
        world.Pass(5);
        Assert.Equal(["h2"], world.Down);
        world.Targets = ImmutableDictionary<string, ImmutableArray<Address>>.Empty;
        world.Pass(1);
        Assert.Empty(world.Down);
        Assert.Empty(world.Asked);
    }

    [Fact]
    public void Probes_PerInterval_AreOnePerHostThatAnswers()
    {
        var world = new World();
        foreach (var i in Enumerable.Range(2, 100))
            world.Set($"h{i}", [.. Enumerable.Range(1, 4).Select(n => $"10.{n}.0.{i}")]);
        world.Pass(3);
        Assert.Equal(100, world.Asked.Count);
    }

    [Fact]
    public void Reply_WithACookieOfNobody_CountsForNothing()
    {
        var world = new World("h2");
        world.Pass(2);
        world.Silence("h2");
        for (var i = 0; i < 5; i++)
        {
            world.Judge.Answered(4711);
            world.Pass(1);
        }
        Assert.Equal(["h2"], world.Down);
    }

    /// <summary>Hosts that answer at once unless they are told to be silent.</summary>
    private sealed class World : IClusterMembers
    {
        private readonly HashSet<string> _silent = [];
        private ulong _cookies = 100;

        public World(params string[] hosts)
        {
            Judge = new LivenessJudge(this, new ManualTime(), () => _cookies++);
            foreach (var host in hosts)
                Set(host, $"10.0.0.{host[1..]}");
        }

        public LivenessJudge Judge { get; }

        public ImmutableDictionary<string, ImmutableArray<Address>> Targets { get; set; } = ImmutableDictionary<string, ImmutableArray<Address>>.Empty;

        public HashSet<string> SilentAddresses { get; } = [];

        public HashSet<string>? Members { get; set; }

        public List<string> Asked { get; private set; } = [];

        public IEnumerable<string> Down => Judge.Down.Keys.Order();

        IReadOnlySet<string>? IClusterMembers.Live => Members;

        public void Set(string host, params string[] addresses) => Targets = Targets.SetItem(host, [.. addresses.Select(Address.Parse)]);

        public void Silence(string host) => _silent.Add(host);

        public void Answer(string host) => _silent.Remove(host);

        public void Pass(int intervals, bool onTime = true)
        {
            for (var i = 0; i < intervals; i++)
            {
                var probes = Judge.Next(Targets, onTime);
                Asked = [.. probes.Select(p => p.To.ToString())];
                foreach (var (to, cookie) in probes)
                {
                    var host = Targets.First(t => t.Value.Contains(to)).Key;
                    if (!_silent.Contains(host) && !SilentAddresses.Contains(to.ToString()))
                        Judge.Answered(cookie);
                }
            }
        }
    }
}
