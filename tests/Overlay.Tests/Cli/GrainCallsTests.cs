using Overlay.Cli.Control;
using Overlay.Contracts.Errors;
using Overlay.Core;
using Xunit;

namespace Overlay.Tests.Cli;

public sealed class GrainCallsTests
{
    private readonly List<Guid> _requests = [];
    private int _opened;
    private int _closed;

    [Fact]
    public async Task Ask_AnswerLost_AsksAgainOverANewConnectionWithTheSameRequestId()
    {
        await using var calls = Calls(TimeSpan.FromSeconds(30));
        var answer = await calls.Ask(
            (_, id) =>
            {
                _requests.Add(id);
                return _requests.Count < 3 ? throw new SiloUnavailableException("gone") : Task.FromResult("done");
            },
            CancellationToken.None);

        Assert.Equal("done", answer);
        Assert.Equal(7, Assert.Single(_requests.Distinct()).Version);
        Assert.Equal((3, 2), (_opened, _closed));
    }

    public static TheoryData<OverlayException> Passing =>
    [
        new OverlayException(ErrorCodes.Unreachable, "moving"),
        new OverlayException(ErrorCodes.Conflict, "another activation", new Dictionary<string, string> { [OverlayException.OutcomeDetail] = "none" }),
        new OverlayException(ErrorCodes.Deadline, "cut off", new Dictionary<string, string> { [OverlayException.OutcomeDetail] = "unknown" }),
    ];

    [Theory, MemberData(nameof(Passing), DisableDiscoveryEnumeration = true)]
    public async Task Ask_ControlPlaneMoving_AsksAgainWithTheSameRequestId(OverlayException passing)
    {
        await using var calls = Calls(TimeSpan.FromSeconds(30));
        await calls.Tell(
            (_, id) =>
            {
                _requests.Add(id);
                return _requests.Count < 2 ? throw passing : Task.CompletedTask;
            },
            CancellationToken.None);
        Assert.Equal((2, 1), (_requests.Count, _requests.Distinct().Count()));
    }

    [Fact]
    public async Task Ask_TwoCommands_HaveTwoRequestIdsAndOneConnection()
    {
        await using var calls = Calls(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 2; i++)
            await calls.Tell((_, id) => { _requests.Add(id); return Task.CompletedTask; }, CancellationToken.None);
        Assert.Equal(2, _requests.Distinct().Count());
        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Ask_Refused_IsNotAskedAgain()
    {
        await using var calls = Calls(TimeSpan.FromSeconds(30));
        var refused = await Assert.ThrowsAsync<OverlayException>(() => calls.Ask<int>(
            (_, id) => { _requests.Add(id); throw new OverlayException(ErrorCodes.NameTaken, "taken"); }, CancellationToken.None));
        Assert.Equal(ErrorCodes.NameTaken, refused.Code);
        Assert.Single(_requests);
    }

    [Fact]
    public async Task Ask_NoAnswerWithinTheDeadline_SaysThatItMayHaveBeenDone()
    {
        await using var calls = Calls(TimeSpan.FromMilliseconds(50));
        var refused = await Assert.ThrowsAsync<RefusalException>(() => calls.Ask((_, _) => new TaskCompletionSource<int>().Task, CancellationToken.None));
        Assert.Equal(ErrorCodes.Deadline, refused.Code);
        Assert.Contains("may have been carried out", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_NoGatewayAtFirst_FailsAtOnce()
    {
        var tries = 0;
        await using var calls = new GrainCalls(
            (_, _) => { tries++; throw new RefusalException(ErrorCodes.Unreachable, "no gateway"); }, TimeSpan.FromSeconds(30), TimeProvider.System);
        var refused = await Assert.ThrowsAsync<RefusalException>(() => calls.Tell((_, _) => Task.CompletedTask, CancellationToken.None));
        Assert.Equal(ErrorCodes.Unreachable, refused.Code);
        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task Ask_Cancelled_EndsAtOnce()
    {
        await using var calls = Calls(TimeSpan.FromSeconds(30));
        using var cancellation = new CancellationTokenSource();
        var asked = calls.Ask((_, _) => new TaskCompletionSource<int>().Task, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public async Task Notice_AnswerTakesLong_IsShownAndTakenAway()
    {
        var terminal = new Terminal();
        var answer = new TaskCompletionSource<int>();
        var waiting = new WaitingNotice(terminal, TimeProvider.System).While(answer.Task);
        Assert.Contains("waiting for the cluster", await terminal.FirstText, StringComparison.Ordinal);
        answer.SetResult(5);
        Assert.Equal(5, await waiting);
        Assert.EndsWith("\r\u001b[K", terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notice_AnswerAtOnce_IsNotShown()
    {
        var terminal = new StringWriter();
        Assert.Equal(5, await new WaitingNotice(terminal, TimeProvider.System).While(Task.FromResult(5)));
        Assert.Equal("", terminal.ToString());
    }

    private GrainCalls Calls(TimeSpan timeout) => new(
        (_, _) =>
        {
            _opened++;
            return Task.FromResult<IGrainConnection>(new Connection(this));
        },
        timeout,
        TimeProvider.System);

    private sealed class Terminal : StringWriter
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> FirstText => _first.Task;

        public override void Write(string? value)
        {
            base.Write(value);
            _first.TrySetResult(value!);
        }
    }

    private sealed class Connection(GrainCallsTests owner) : IGrainConnection
    {
        // No test looks behind the connection: the calls themselves are the fakes.
        public IGrainFactory Grains => null!;

        public ValueTask DisposeAsync()
        {
            owner._closed++;
            return ValueTask.CompletedTask;
        }
    }
}
