using Overlay.Core;
using Overlay.Lab.Down;
using Overlay.Lab.Kernel;
using Overlay.Lab.Supervision;
using Overlay.Lab.Up;

namespace Overlay.Lab;

/// <summary>
/// Several hosts on this machine, each with namespaces of its own, an overlayd under a supervisor, a common underlay,
/// a Redis and an outside world. For the CLI, tests, benchmarks and chaos runs alike.
/// </summary>
public sealed class Lab
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private Lab(LabState state)
    {
        State = state;
        Paths = new LabPaths(state.Name);
    }

    public LabState State { get; }

    public LabPaths Paths { get; }

    /// <summary>
    /// Brings a lab up, after clearing away what an earlier one of this name left. One that already runs, with as
    /// many hosts, is handed out as it is.
    /// </summary>
    /// <exception cref="RefusalException">What is missing, in the way, or failed.</exception>
    public static async Task<Lab> UpAsync(LabOptions options, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        Prerequisites.Check(options);
        var paths = new LabPaths(options.Name);
        using var alone = await LabLock.TakeAsync(paths.Lock, $"another 'overlay lab up' or 'down' of lab {options.Name}", cancel);
        if (Directory.Exists(paths.Lab))
        {
            var left = LabState.Read(paths.State);
            if (left is not null && IsWhole(left))
            {
                return Same(left, options) ? new Lab(left) : throw Differs(left);
            }
            progress?.Report($"clears away what is left of an earlier lab {options.Name}");
            await LabRemover.RemoveAsync(options.Name, left, cancel);
        }
        return new Lab(await new LabBuilder(options, TimeProvider.System, progress).BuildAsync(cancel));
    }

    /// <summary>A lab that was brought up before, by this process or another.</summary>
    public static Lab Open(string name) =>
        LabState.Read(new LabPaths(name).State) is { } state ? new Lab(state) : throw LabErrors.NoLab(name);

    public static IReadOnlyList<string> Names() => LabPaths.Names();

    /// <summary>Whether a lab of this name runs already.</summary>
    public static bool IsUp(string name) => LabState.Read(new LabPaths(name).State) is { } state && IsWhole(state);

    /// <summary>Takes the lab of this name away, in whatever state it is. Returns whether there was anything.</summary>
    public static async Task<bool> DownAsync(string name, CancellationToken cancel = default)
    {
        if (!Libc.IsRoot)
        {
            throw LabErrors.NotRoot("overlay lab down");
        }
        var paths = new LabPaths(name);
        using var alone = await LabLock.TakeAsync(paths.Lock, $"another 'overlay lab up' or 'down' of lab {name}", cancel);
        var existed = Directory.Exists(paths.Lab);
        await LabRemover.RemoveAsync(name, LabState.Read(paths.State), cancel);
        return existed;
    }

    public Task DownAsync(CancellationToken cancel = default) => DownAsync(State.Name, cancel);

    public async Task<LabStatus> StatusAsync(CancellationToken cancel = default)
    {
        var reply = await OrderClient.SendAsync(Paths.SupervisorSocket, new Order(OrderVerb.Status), cancel);
        var ready = await Task.WhenAll(State.Hosts.Where(h => h.Holder is { IsAlive: true })
            .Select(async h => KeyValuePair.Create(h.Name, await Readiness.IsReadyAsync(h, cancel))));
        return new LabStatus(State, reply is not null, reply?.Services ?? [], new Dictionary<string, bool>(ready));
    }

    /// <summary>The words that run a command inside a member: put them before it.</summary>
    public IReadOnlyList<string> EnterCommand(string member) => Member(member).Enter;

    public Task<CommandResult> ExecAsync(string member, IReadOnlyList<string> command, CancellationToken cancel = default) =>
        Command.RunAsync([.. EnterCommand(member), .. command], null, cancel);

    /// <summary>SIGKILL of what the member runs; it stays down until <see cref="StartAsync"/>. Returns when it is dead.</summary>
    public Task KillAsync(string member, CancellationToken cancel = default) =>
        OrderAsync(OrderVerb.Kill, member, s => s.Phase == ServicePhase.Stopped, cancel);

    /// <summary>Starts it again. Returns when the process runs, not when it is ready.</summary>
    public Task StartAsync(string member, CancellationToken cancel = default) =>
        OrderAsync(OrderVerb.Start, member, s => s.Pid is not null, cancel);

    /// <summary>Waits until every host, or one, says that it is ready.</summary>
    public Task WaitReadyAsync(TimeSpan deadline, string? host = null, CancellationToken cancel = default)
    {
        var waited = host is null ? State : State with { Members = [Member(host)] };
        return Readiness.WaitAsync(waited, Paths, deadline, TimeProvider.System, null, cancel);
    }

    public LabMember Member(string name) => State.Find(name) ?? throw LabErrors.NoMember(State, name);

    private async Task OrderAsync(OrderVerb verb, string member, Func<ServiceStatus, bool> done, CancellationToken cancel)
    {
        _ = Member(member);
        var reply = await OrderClient.SendAsync(Paths.SupervisorSocket, new Order(verb, member), cancel) ?? throw LabErrors.NoSupervisor(State.Name);
        while (reply.Error is null && !done(reply.Services.Single(s => s.Name == member)))
        {
            await Task.Delay(Interval, cancel);
            reply = await OrderClient.SendAsync(Paths.SupervisorSocket, new Order(OrderVerb.Status), cancel) ?? throw LabErrors.NoSupervisor(State.Name);
        }
        if (reply.Error is { } error)
        {
            throw new RefusalException(ErrorCodes.UnknownHost, error, ("lab", State.Name), ("host", member));
        }
    }

    // What a crash of the machine, of the supervisor or of 'lab up' leaves is missing one of these.
    private static bool IsWhole(LabState lab) =>
        lab.Supervisor is { IsAlive: true } && lab.Members.All(m => m.Holder is { IsAlive: true });

    private static bool Same(LabState lab, LabOptions options) => lab.Hosts.Count() == options.Hosts && lab.Uplink == options.Uplink && lab.EmbeddedStore == options.EmbeddedStore;

    private static RefusalException Differs(LabState lab) => new(
        ErrorCodes.NameTaken,
        $"lab {lab.Name} is up already, with {lab.Hosts.Count()} hosts and {(lab.Uplink ? "an" : "no")} uplink{(lab.EmbeddedStore ? " and an embedded store" : "")}: 'overlay lab down --name {lab.Name}' first, or choose another --name",
        ("lab", lab.Name));
}
