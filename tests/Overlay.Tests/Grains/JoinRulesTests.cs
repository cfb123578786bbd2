using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosts;
using Xunit;

namespace Overlay.Tests.Grains;

/// <summary>What a roster decides about a sandbox that uses another one's network stack.</summary>
public sealed class JoinRulesTests
{
    private static readonly Moment Now = new(DateTimeOffset.UnixEpoch, 7);
    private static readonly SandboxRecord Web = Record(1, "web", null);
    private static readonly SandboxRecord Helper = Record(2, "helper", Web.Id);
    private static readonly RosterState Both = RosterState.Empty.With(Web).With(Helper);

    [Fact]
    public void Add_ToAStoppedOne_OrToOneThatIsGone_IsRefused()
    {
        Assert.Contains(Helper.Id, Add(RosterState.Empty.With(Web)).Next.Sandboxes.Keys);

        var stopped = Assert.Throws<RefusalException>(() => Add(RosterState.Empty.With(Web with { Started = false })));
        Assert.Equal((ErrorCodes.NotRunning, "web"), (stopped.Code, stopped.Details["joined"]));
        Assert.Equal("sandbox 'helper' cannot join the network of 'web', which is stopped and has none; start that one first: overlay sandbox start web", stopped.Message);
        var gone = Assert.Throws<RefusalException>(() => Add(RosterState.Empty));
        Assert.Equal(ErrorCodes.NotRunning, gone.Code);
        Assert.Contains("which is gone; remove 'helper'", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_Again_IsTheSameAnswer_WhateverBecameOfTheOther() =>
        Assert.Equal(Helper, Add(Both.With(Web with { Started = false })).Reply.Sandbox);

    [Fact]
    public void Start_WhileTheOtherIsStopped_IsRefused_AndStopIsNot()
    {
        var state = Both.With(Web with { Started = false });
        Assert.Equal(ErrorCodes.NotRunning, Assert.Throws<RefusalException>(() => RosterDecisions.SetStarted(state, Now, Helper.Id, started: true)).Code);
        Assert.False(RosterDecisions.SetStarted(state, Now, Helper.Id, started: false).Reply.Sandbox.Started);
        Assert.True(RosterDecisions.SetStarted(Both, Now, Helper.Id, started: true).Reply.Sandbox.Started);
    }

    [Fact]
    public void Stop_OfTheOther_LeavesTheOneThatJoinsIt_ToRunAgainWithIt()
    {
        var stopped = RosterDecisions.SetStarted(Both, Now, Web.Id, started: false);
        Assert.True(stopped.Next.Sandboxes[Helper.Id].Started);
        Assert.Single(stopped.Changes);
    }

    [Fact]
    public void RemoveUnjoined_OfOneThatIsJoined_IsRefusedNamingThem()
    {
        var two = Both.With(Record(3, "another", Web.Id));
        var refusal = Assert.Throws<RefusalException>(() => RosterDecisions.RemoveUnjoined(two, Now, Web.Id));
        Assert.Equal((ErrorCodes.NotRemovable, "another,helper"), (refusal.Code, refusal.Details["joined"]));
        Assert.Equal("sandbox 'web' cannot be removed: its network is also that of 'another', 'helper'; remove those first, or use --force, which stops them", refusal.Message);

        Assert.Empty(RosterDecisions.RemoveUnjoined(RosterDecisions.RemoveUnjoined(Both, Now, Helper.Id).Next, Now, Web.Id).Next.Sandboxes);
    }

    [Fact]
    public void Remove_OfOneThatIsJoined_StopsThemInTheSameCommit()
    {
        var removed = RosterDecisions.Remove(Both, Now, Web.Id);
        Assert.Equal([Helper with { Started = false }], removed.Next.Sandboxes.Values);
        Assert.Equal([Fields.Sandbox(Web.Id), Fields.Sandbox(Helper.Id)], removed.Changes.Select(c => c.Field));
        Assert.False(RecordCodec.Decode<SandboxRecord>(removed.Changes[1].Value!).Started);
        Assert.Equal(Web.Id, RecordCodec.Decode<SandboxRecord>(removed.Changes[1].Value!).Joins);
    }

    private static Decision<RosterState, RosterReply> Add(RosterState state) =>
        RosterDecisions.Add(state, Now, Helper, [], [], Now.Now + TimeSpan.FromMinutes(1));

    private static SandboxRecord Record(int number, string name, ObjectId? joins) => new()
    {
        Id = new((UInt128)number),
        Name = name,
        Host = "h1",
        Hostname = "web",
        Mode = joins is null ? SandboxModes.Isolated : SandboxModes.Container,
        Joins = joins,
    };
}
