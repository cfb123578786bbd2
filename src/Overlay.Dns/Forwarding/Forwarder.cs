using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Overlay.Dns.Forwarding;

/// <summary>
/// Asks upstream servers in turn, within a budget that ends before the client's own 5 s. Equal questions that wait
/// share one exchange, which also denies an attacker many chances at one name (RFC 5452, 5).
/// </summary>
internal sealed class Forwarder(TimeProvider time)
{
    private const int Rounds = 3;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(1.2);

    private readonly ConcurrentDictionary<byte[], Task<ForeignAnswer?>> _waiting = new(ByContent.Instance);
    private readonly UpstreamHealth _health = new(time);
    private readonly UpstreamTimes _times = new(time);

    public AnswerCache Cache { get; } = new(time);

    /// <summary>Null: no server could be asked, or none answered.</summary>
    public Task<ForeignAnswer?> AskAsync(ForwardRequest request, ForwardPlan plan, CancellationToken cancellation)
    {
        var mine = new TaskCompletionSource<ForeignAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = _waiting.GetOrAdd(request.Key, mine.Task);
        if (shared == mine.Task)
            _ = CompleteAsync(mine, request, plan, cancellation);
        return shared;
    }

    private async Task CompleteAsync(TaskCompletionSource<ForeignAnswer?> waiters, ForwardRequest request, ForwardPlan plan, CancellationToken cancellation)
    {
        ForeignAnswer? answer = null;
        try
        {
            // The exchange that this question just missed may have ended meanwhile.
            answer = Cache.Find(request.Key, out _);
            if (answer is not null)
                return;
            answer = await AskInTurnAsync(request, plan, cancellation).ConfigureAwait(false);
            if (answer is not null)
                Cache.Keep(request.Key, answer);
        }
        finally
        {
            _waiting.TryRemove(request.Key, out _);
            waiters.SetResult(answer);
        }
    }

    private async Task<ForeignAnswer?> AskInTurnAsync(ForwardRequest request, ForwardPlan plan, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(Budget, time);
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        ForeignAnswer? lastResort = null;
        var servers = _times.InOrder(plan.Servers);
        var isOut = new bool[servers.Length];
        for (var round = 0; round < Rounds; round++)
        {
            var asked = false;
            for (var i = 0; i < isOut.Length && !budget.IsCancellationRequested; i++)
            {
                var upstream = servers[i];
                if (isOut[i] || !_health.MayAsk(upstream))
                    continue;
                asked = true;
                var answer = await TryAsync(upstream, request, budget.Token).ConfigureAwait(false);
                if (answer is { IsFinal: true })
                    return answer;
                isOut[i] = answer is not null;
                lastResort = answer ?? lastResort;
            }
            if (!asked)
                break;
        }
        return lastResort;
    }

    private async Task<ForeignAnswer?> TryAsync(Upstream upstream, ForwardRequest request, CancellationToken budget)
    {
        using var timer = new CancellationTokenSource(TryTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, budget);
        try
        {
            var asked = time.GetTimestamp();
            var answer = await UpstreamExchange.AskAsync(upstream, request, either.Token).ConfigureAwait(false);
            _times.Took(upstream, time.GetElapsedTime(asked));
            _health.Answered(upstream);
            return answer;
        }
        catch (OperationCanceledException)
        {
            // Where the question's budget ended first, the server had no fair try.
            if (timer.IsCancellationRequested)
                _health.Missed(upstream, request.Name);
        }
        catch (InvalidDataException)
        {
            // It is there, but of no use for this question.
        }
        catch (SocketException e) when (e.SocketErrorCode is not (SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable))
        {
            _health.Unreachable(upstream);
        }
        catch (SocketException)
        {
            // Our own shortage says nothing about the server.
        }
        return null;
    }

    private sealed class ByContent : IEqualityComparer<byte[]>
    {
        public static readonly ByContent Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] key)
        {
            var hash = new HashCode();
            hash.AddBytes(key);
            return hash.ToHashCode();
        }
    }
}
