using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Overlay.Agent.Feeds;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Agent.Sandboxes;

/// <summary>Starts, restarts and stops the commands of this host's sandboxes, and tells how they are.</summary>
internal sealed partial class CommandSupervisor(AgentOptions options, AgentPaths paths, IControlPlane control, TimeProvider time, ILogger<CommandSupervisor> logger)
{
    private static readonly TimeSpan LongRun = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KillInterval = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<ObjectId, Supervised> _sandboxes = new();
    private readonly ConcurrentDictionary<ObjectId, Ending> _ending = new();

    /// <summary>Sandboxes whose command left files here, in this life or an earlier one.</summary>
    public IEnumerable<ObjectId> Known() =>
        Directory.Exists(paths.Commands)
            ? Directory.EnumerateDirectories(paths.Commands).Select(d => ObjectId.TryParse(Path.GetFileName(d), out var id) ? id : default).Where(id => id != default)
            : [];

    public CommandRun RunOf(ObjectId sandbox) => new(paths.Command(sandbox));

    /// <summary>Runs the command where it should run and does not; called for each sandbox whose namespace is right.</summary>
    /// <param name="stack">Whose network stack it uses: its own record, or that of the sandbox that it joins.</param>
    public void Follow(SandboxRecord sandbox, SandboxRecord stack)
    {
        if (sandbox.Command.IsEmpty)
            return;
        var supervised = _sandboxes.AddOrUpdate(sandbox.Id, _ => new(sandbox, stack), (_, old) => old with { Record = sandbox, Stack = stack });
        Look(supervised);
    }

    /// <summary>
    /// The sandbox's namespace is gone, or about to go: a command that still runs is in one that nobody reaches any more.
    /// Once the sandbox is followed again, it ends and starts again; until then it is left alone.
    /// </summary>
    public void LeaveBehind(ObjectId sandbox)
    {
        _sandboxes.TryRemove(sandbox, out _);
        if (RunOf(sandbox) is { Session: not null } run)
            run.Disown();
    }

    /// <summary>Looks after every command; the time until the next look is the caller's.</summary>
    public void LookAtAll()
    {
        foreach (var supervised in _sandboxes.Values)
        {
            Look(supervised);
            OutputFile.Bound(RunOf(supervised.Record.Id).Output);
        }
    }

    /// <summary>
    /// Ends every process of the sandbox. True when none is left; otherwise they were told to end, and
    /// <paramref name="ended"/> is called once they have.
    /// </summary>
    /// <param name="space">The namespace as /proc names it; null: only the command's session.</param>
    /// <param name="atOnce">Also those that were given time before.</param>
    public bool Stop(ObjectId sandbox, string? space, bool atOnce, Action ended)
    {
        _sandboxes.TryRemove(sandbox, out _);
        if (_ending.TryGetValue(sandbox, out var ending))
        {
            ending.AtOnce |= atOnce;
            return false;
        }
        IReadOnlyList<int> Living() =>
            RunOf(sandbox).Session is { } session ? [.. ProcessTable.InSession(session).Union(InNamespace())]
            : InNamespace();
        IReadOnlyList<int> InNamespace() => space is null ? [] : ProcessTable.InNamespace(space, options.Processes);
        if (Living().Count == 0)
            return true;
        BeginEnd(sandbox, Living, atOnce, ended);
        return false;
    }

    public void Forget(ObjectId sandbox) => RunOf(sandbox).Delete();

    public SandboxStatus Status(SandboxRecord sandbox, string? problem, string? space)
    {
        var run = RunOf(sandbox.Id);
        var status = new SandboxStatus { State = "created", Problem = problem, NamespacePath = space };
        if (problem is not null)
            return status with { State = "failed" };
        if (!sandbox.Started)
            return status with { State = "stopped", ExitCode = run.ExitCode };
        if (sandbox.Command.IsEmpty || run.Generation != sandbox.Generation)
            return status;
        if (run.Session is { } session)
            return status with { State = "running", Pid = session, StartedAt = run.StartedAt };
        return status with { State = run.IsOfThisBoot ? "exited" : "created", ExitCode = run.ExitCode, StartedAt = run.StartedAt };
    }

    private void Look(Supervised supervised)
    {
        var (sandbox, run) = (supervised.Record, RunOf(supervised.Record.Id));
        // What is told to end is all that runs in the namespace: a command started now would be killed with the last one.
        if (_ending.ContainsKey(sandbox.Id) || _ending.ContainsKey(supervised.Stack.Id))
            return;
        if (run.Session is not null && run.Generation != sandbox.Generation)
        {
            // Stopped and started again while no agent looked: the old one ends before the new one begins.
            BeginEnd(sandbox.Id, () => run.Session is { } old ? ProcessTable.InSession(old) : [], atOnce: false, () => { });
            return;
        }
        if (run.Generation == sandbox.Generation && run.IsOfThisBoot)
        {
            if (run.Session is not null || supervised.NextStart > time.GetUtcNow())
                return;
            if (supervised.NextStart is null && !DecideAfterExit(supervised, run))
                return;
            if (supervised.NextStart > time.GetUtcNow())
                return;
        }
        _sandboxes.TryUpdate(sandbox.Id, supervised with { NextStart = null, Restarts = supervised.NextStart is null ? 0 : supervised.Restarts }, supervised);
        try
        {
            run.Start(sandbox, supervised.Stack, options.NamespaceFiles);
            Started(logger, sandbox.Name);
        }
        catch (InvalidOperationException error)
        {
            NotStarted(logger, error.Message);
        }
    }

    // False: it stays ended.
    private bool DecideAfterExit(Supervised supervised, CommandRun run)
    {
        var sandbox = supervised.Record;
        if (run.IsStarting(time.GetUtcNow()))
            return false;
        var restarts = time.GetUtcNow() - run.StartedAt > LongRun ? 0 : supervised.Restarts;
        if (!RestartPolicy.Restarts(sandbox, run.ExitCode, restarts))
        {
            if (sandbox.RemoveOnExit && !supervised.RemovalAsked && _sandboxes.TryUpdate(sandbox.Id, supervised with { RemovalAsked = true }, supervised))
                _ = AskRemoval(sandbox);
            return false;
        }
        var next = supervised with { NextStart = time.GetUtcNow() + RestartPolicy.Pause(restarts), Restarts = restarts + 1 };
        _sandboxes.TryUpdate(sandbox.Id, next, supervised);
        return false;
    }

    private async Task AskRemoval(SandboxRecord sandbox)
    {
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30), time);
            await control.RemoveSandbox(sandbox.Id, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotRemoved(logger, sandbox.Name, error.Message);
            if (_sandboxes.TryGetValue(sandbox.Id, out var supervised))
                _sandboxes.TryUpdate(sandbox.Id, supervised with { RemovalAsked = false }, supervised);
        }
    }

    private void BeginEnd(ObjectId sandbox, Func<IReadOnlyList<int>> living, bool atOnce, Action ended)
    {
        var ending = _ending[sandbox] = new Ending { AtOnce = atOnce };
        _ = Task.Run(async () =>
        {
            try
            {
                await EndAsync(living, ending).ConfigureAwait(false);
            }
            finally
            {
                // First: whoever is woken must find that it is over.
                _ending.TryRemove(sandbox, out _);
                ended();
            }
        });
    }

    private async Task EndAsync(Func<IReadOnlyList<int>> living, Ending ending)
    {
        var deadline = time.GetUtcNow() + options.StopGrace;
        if (!ending.AtOnce)
            ProcessTable.Signal(living(), ProcessTable.SIGTERM);
        while (living() is { Count: > 0 } left)
        {
            if (ending.AtOnce || time.GetUtcNow() > deadline)
                ProcessTable.Signal(left, ProcessTable.SIGKILL);
            await Task.Delay(KillInterval, time).ConfigureAwait(false);
        }
    }

    private sealed class Ending
    {
        private volatile bool _atOnce;

        /// <summary>No more time is given.</summary>
        public bool AtOnce { get => _atOnce; set => _atOnce = value; }
    }

    private sealed record Supervised(SandboxRecord Record, SandboxRecord Stack)
    {
        public int Restarts { get; init; }

        public DateTimeOffset? NextStart { get; init; }

        public bool RemovalAsked { get; init; }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "started the command of sandbox {Sandbox}")]
    private static partial void Started(ILogger logger, string sandbox);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    private static partial void NotStarted(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "sandbox {Sandbox} has ended and should be removed, will ask again: {Reason}")]
    private static partial void NotRemoved(ILogger logger, string sandbox, string reason);
}
