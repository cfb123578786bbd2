using System.Globalization;

namespace Overlay.Lab.Supervision;

/// <summary>
/// Runs a lab's services: starts them again when they end, holds their descriptors, takes orders. One process for
/// each lab, in a session of its own; it ends by order or by SIGTERM, and its services with it.
/// </summary>
public sealed class Supervisor
{
    private static readonly TimeSpan LogCheck = TimeSpan.FromSeconds(2);

    private readonly LabState _lab;
    private readonly LabPaths _paths;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<ServiceRunner> _services;
    private readonly IReadOnlyList<string> _logs;
    private readonly TaskCompletionSource _ordered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Supervisor(LabState lab, LabPaths paths, TimeProvider time)
    {
        _lab = lab;
        _paths = paths;
        _time = time;
        var services = ServicePlan.Of(lab, paths);
        _services = [.. services.Select(s => new ServiceRunner(s, time, Log))];
        _logs = [.. services.Select(s => s.LogFile), paths.SupervisorLog];
    }

    /// <summary>The whole life of the process <c>overlay lab supervise NAME</c>.</summary>
    public static async Task RunAsync(string name, TimeProvider time, CancellationToken cancel)
    {
        var paths = new LabPaths(name);
        var lab = LabState.Read(paths.State) ?? throw LabErrors.NoLab(name);
        await new Supervisor(lab, paths, time).RunAsync(cancel);
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var orders = new OrderServer(_paths.SupervisorSocket, Handle, Log);
        Log($"runs {_services.Count} services of lab {_lab.Name}");
        foreach (var service in _services)
        {
            service.Run();
        }
        var serving = orders.ServeAsync(end.Token);
        var bounding = BoundLogsAsync(end.Token);
        await Task.WhenAny(_ordered.Task, Task.Delay(Timeout.Infinite, end.Token));
        foreach (var service in _services)
        {
            service.Dispose();
        }
        await end.CancelAsync();
        await Task.WhenAll(serving, bounding);
    }

    private OrderReply Handle(Order order)
    {
        if (order.Verb == OrderVerb.Down)
        {
            _ordered.TrySetResult();
        }
        else if (order.Verb is OrderVerb.Kill or OrderVerb.Start)
        {
            if (_services.FirstOrDefault(s => s.Name == order.Service) is not { } service)
            {
                return Reply($"lab {_lab.Name} runs no '{order.Service}'; it runs {string.Join(", ", _services.Select(s => s.Name))}");
            }
            Log($"{service.Name}: {(order.Verb == OrderVerb.Kill ? "killed" : "started")} by order");
            if (order.Verb == OrderVerb.Kill)
            {
                service.Kill();
            }
            else
            {
                service.Start();
            }
        }
        return Reply(null);
    }

    private OrderReply Reply(string? error) => new(error, [.. _services.Select(s => s.Status)]);

    private async Task BoundLogsAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(LogCheck, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                foreach (var log in _logs)
                {
                    Bound(log);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Bound(string log)
    {
        try
        {
            LogFile.Bound(log);
        }
        catch (IOException failure)
        {
            Log($"{log} is not bounded: {failure.Message}");
        }
    }

    private void Log(string text) =>
        Console.Error.WriteLine($"{_time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)} supervisor: {text}");
}
