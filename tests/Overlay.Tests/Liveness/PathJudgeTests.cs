using System.Collections.Immutable;
using CsCheck;
using Overlay.Agent.Liveness;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Tests.Liveness;

public sealed class PathJudgeTests
{
    // A path that fails is looked at for 3 × 1 s, then halved: at most 11 sizes of 2 × 1 s.
    private const int LongEnough = 4 * (3 + 2 * 12);

    [Fact]
    public void Path_OfAnyWidth_IsFoundToTheByte() =>
        Gen.Select(Gen.Int[PathJudge.Smallest, 9000], Gen.Int[100, 9000]).Sample((width, size) =>
        {
            var world = new World(size, width);
            world.Pass(LongEnough);
            Assert.Equal(width < size ? width : null, world.Narrow);
        });

    [Fact]
    public void Path_ThatCarriesAll_IsProbedOnceInTenSeconds()
    {
        var world = new World(1450, 1450);
        world.Pass(10 * (PathJudge.Rest + 1));
        Assert.InRange(world.Sent, 10, 11);
    }

    [Fact]
    public void Probes_LostNowAndThen_SayNothing()
    {
        var world = new World(1450, 1450) { LosesEveryThird = true };
        world.Pass(3000);
        Assert.Null(world.Narrow);
    }

    [Fact]
    public void Path_MadeWideAgain_IsNarrowNoLonger()
    {
        var world = new World(1450, 1350);
        world.Pass(LongEnough);
        Assert.Equal(1350, world.Narrow);
        world.Width = 1450;
        world.Pass(PathJudge.NarrowRest + 6);
        Assert.Null(world.Narrow);
    }

    [Fact]
    public void Path_MadeNarrowerStill_IsMeasuredAgain()
    {
        var world = new World(1450, 1350);
        world.Pass(LongEnough);
        world.Width = 900;
        world.Pass(13 * (PathJudge.NarrowRest + 5) + LongEnough);
        Assert.Equal(900, world.Narrow);
    }

    [Fact]
    public void Host_ThatAnswersNothing_IsNotNarrow()
    {
        var world = new World(1450, 0);
        world.Pass(3000);
        Assert.Null(world.Narrow);
    }

    [Fact]
    public void Waiting_WhileTheProberWasLate_DoesNotCount()
    {
        var world = new World(1450, 1350);
        world.Pass(1000, onTime: false);
        Assert.Equal(1, world.Sent);
        Assert.Null(world.Narrow);
    }

    [Fact]
    public void Host_ThatIsDown_IsNotProbedAndNotNarrow()
    {
        var world = new World(1450, 1350);
        world.Pass(LongEnough);
        var sent = world.Sent;
        world.IsDown = true;
        world.Pass(100);
        Assert.Null(world.Narrow);
        Assert.Equal(sent, world.Sent);
    }

    private sealed class World(int size, int width)
    {
        private readonly ImmutableDictionary<string, PathTarget> _targets =
            ImmutableDictionary<string, PathTarget>.Empty.Add("h2", new(Address.Parse("10.1.0.2"), size));

        private readonly PathJudge _judge = new(NewCookie());

        public int Width { get; set; } = width;

        public bool LosesEveryThird { get; init; }

        public bool IsDown { get; set; }

        public int Sent { get; private set; }

        public int? Narrow => _judge.Narrow.TryGetValue("h2", out var carried) ? carried : null;

        public void Pass(int intervals, bool onTime = true)
        {
            for (var i = 0; i < intervals; i++)
            {
                foreach (var probe in _judge.Next(_targets, _ => IsDown, onTime))
                {
                    Sent++;
                    if (probe.Size <= Width && !(LosesEveryThird && Sent % 3 == 0))
                        _judge.Answered(probe.Cookie);
                }
            }
        }

        private static Func<ulong> NewCookie()
        {
            ulong last = 0;
            return () => ++last;
        }
    }
}
