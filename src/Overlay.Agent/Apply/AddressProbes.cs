using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>An address that a sandbox's link has not got yet, and where its network is asked who has it.</summary>
/// <param name="Link">In <paramref name="Space"/>.</param>
/// <param name="Parent">The host's link to the network.</param>
internal sealed record ProbedAddress(ObjectId Endpoint, Address Address, INetNamespace Space, string Link, string Parent);

/// <summary>
/// Asks the physical network whether somebody has an address, before a sandbox gets it. A question takes 200 ms and the
/// loop that applies waits for none: those of one pass go together, each answer wakes the loop, and until then the
/// endpoint is pending. An address that somebody has is a problem, and asked for again ever more seldom. All but the
/// questions' own ends are called by the one loop that applies.
/// </summary>
internal sealed class AddressProbes(Action wake, TimeProvider time, TaskScheduler asks) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(ObjectId Endpoint, Address Address), Question> _questions = [];
    private HashSet<ObjectId> _answered = [];

    /// <summary>Endpoints with an address that is neither known to be free and set, nor told to be taken.</summary>
    public ImmutableHashSet<ObjectId> Pending
    {
        get
        {
            lock (_lock)
                return [.. _questions.Where(q => !q.Value.IsTold).Select(q => q.Key.Endpoint)];
        }
    }

    public bool IsAwaited(ObjectId sandbox)
    {
        lock (_lock)
            return _questions.Values.Any(q => q.Sandbox == sandbox && !q.IsTold);
    }

    /// <summary>Sandboxes for which there is an answer, or another question is due, since the last call.</summary>
    public IReadOnlySet<ObjectId> TakeAnswered()
    {
        lock (_lock)
        {
            var answered = _answered;
            _answered = [];
            return answered;
        }
    }

    /// <summary>What nobody has: to be set now, for what is set later may be somebody's by then.</summary>
    public IReadOnlySet<(ObjectId Endpoint, Address Address)> FreeOf(ObjectId sandbox)
    {
        lock (_lock)
            return _questions.Where(q => q.Value.Sandbox == sandbox && q.Value.IsFree).Select(q => q.Key).ToHashSet();
    }

    /// <summary>Asks for these addresses of the sandbox, and forgets its others.</summary>
    public void Ask(ObjectId sandbox, IReadOnlyList<ProbedAddress> wanted, Problems problems)
    {
        var asked = new List<(Question Question, ProbedAddress Address)>();
        lock (_lock)
        {
            Drop(q => q.Value.Sandbox == sandbox && wanted.All(w => (w.Endpoint, w.Address) != q.Key));
            foreach (var one in wanted)
            {
                if (!_questions.TryGetValue((one.Endpoint, one.Address), out var question))
                    _questions[(one.Endpoint, one.Address)] = question = new(sandbox);
                if (question is { IsRunning: false, IsFree: false })
                {
                    question.IsRunning = true;
                    asked.Add((question, one));
                }
                question.IsTold = question.Problem is not null;
                if (question.Problem is { } problem)
                    problems.Add(one.Endpoint, problem);
            }
        }
        foreach (var (question, address) in asked)
            _ = Task.Factory.StartNew(() => Run(question, address), CancellationToken.None, TaskCreationOptions.DenyChildAttach, asks);
    }

    /// <summary>Forgets those of sandboxes that are not desired any more.</summary>
    public void Keep(Func<ObjectId, bool> isDesired)
    {
        lock (_lock)
            Drop(q => !isDesired(q.Value.Sandbox));
    }

    public void Dispose()
    {
        lock (_lock)
            Drop(_ => true);
    }

    private void Drop(Func<KeyValuePair<(ObjectId, Address), Question>, bool> which)
    {
        foreach (var (key, question) in _questions.Where(which).ToArray())
        {
            question.Dropped.Cancel();
            question.Again?.Dispose();
            _questions.Remove(key);
        }
    }

    private async Task Run(Question question, ProbedAddress asked)
    {
        try
        {
            Note(question, await Answer(asked, question.Dropped.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Nobody wants to know any more.
        }
    }

    private static async Task<string?> Answer(ProbedAddress asked, CancellationToken dropped)
    {
        try
        {
            return await asked.Space.FindHolder(asked.Link, asked.Address, dropped).ConfigureAwait(false) is { } holder
                ? $"address {asked.Address} is in use on {asked.Parent} by {holder}: somebody else on that network has it; remove it there, or reserve it in the network with --aux-address"
                : null;
        }
        catch (KernelException failure)
        {
            return failure.Message;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return $"address {asked.Address} could not be probed on {asked.Parent}: {error.Message}";
        }
    }

    private void Note(Question question, string? problem)
    {
        lock (_lock)
        {
            if (question.Dropped.IsCancellationRequested)
                return;
            (question.IsFree, question.Problem, question.IsRunning) = (problem is null, problem, problem is not null);
            if (problem is not null)
                question.Again = time.CreateTimer(_ => AskAgain(question), null, PauseAfter(question.Failures++), Timeout.InfiniteTimeSpan);
            _answered.Add(question.Sandbox);
        }
        wake();
    }

    private void AskAgain(Question question)
    {
        lock (_lock)
        {
            if (question.Dropped.IsCancellationRequested)
                return;
            question.IsRunning = false;
            _answered.Add(question.Sandbox);
        }
        wake();
    }

    // Two who ask at the same time must not do so for ever.
    private static TimeSpan PauseAfter(int failures) =>
        TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(failures, 10))) * (0.5 + Random.Shared.NextDouble());

    private sealed class Question(ObjectId sandbox)
    {
        public ObjectId Sandbox { get; } = sandbox;

        public CancellationTokenSource Dropped { get; } = new();

        /// <summary>Until the next question, after one that found somebody.</summary>
        public ITimer? Again { get; set; }

        public bool IsRunning { get; set; }

        public bool IsFree { get; set; }

        /// <summary>The last answer, until the next.</summary>
        public string? Problem { get; set; }

        /// <summary>The pass that looked last has reported the problem.</summary>
        public bool IsTold { get; set; }

        public int Failures { get; set; }
    }
}
