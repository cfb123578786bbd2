using System.Diagnostics;
using Overlay.Benchmarks.Probes;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;

namespace Overlay.Benchmarks.Control;

/// <summary>The moving sandbox is connected and taken off again; what is timed is from the call on.</summary>
internal sealed class ConnectMeasures(BenchmarkWorld world, int samples)
{
    // The first calls compile and connect: they are made and not counted.
    private const int WarmUp = 5;

    /// <summary>Until the API answers: the interface is in the sandbox.</summary>
    public Task<Samples> ConnectAsync(NetworkRecord network) => RepeatAsync(network, async (options, _) =>
    {
        var start = Stopwatch.GetTimestamp();
        await world.ConnectAsync(network, options, WaitMode.Local);
        return Stopwatch.GetElapsedTime(start);
    });

    /// <summary>Until a ping from the other host, in a tight loop since before, has its first answer.</summary>
    public async Task<Samples> ConnectToPingAsync()
    {
        await using var probe = await ProbeProcess.StartAsync(Prober.Ping, world.Place.Lab, BenchmarkWorld.WatcherHost, world.Watcher.Name);
        return await RepeatAsync(world.Overlay, (options, _) => UntilProbedAsync(probe, options.Ip!.Value.ToString(), options));
    }

    /// <summary>Until a query on the other host, in a tight loop since before, has its first address.</summary>
    public async Task<Samples> ConnectToNameAsync()
    {
        await using var probe = await ProbeProcess.StartAsync(Prober.Name, world.Place.Lab, BenchmarkWorld.WatcherHost, world.Watcher.Name);
        return await RepeatAsync(world.Overlay, (options, i) =>
        {
            var alias = $"name{i}";
            return UntilProbedAsync(probe, alias, options with { Aliases = [alias] });
        });
    }

    private async Task<TimeSpan> UntilProbedAsync(ProbeProcess probe, string target, ConnectOptions options)
    {
        await probe.BeginAsync(target);
        var start = Stopwatch.GetTimestamp();
        await world.ConnectAsync(world.Overlay, options, WaitMode.Local);
        // The answer may have come before: its moment counts, and the monotonic clock is one for all processes here.
        var answered = await probe.FirstAnswerAsync();
        return Stopwatch.GetElapsedTime(start, answered);
    }

    private async Task<Samples> RepeatAsync(NetworkRecord network, Func<ConnectOptions, int, Task<TimeSpan>> once)
    {
        var times = new List<double>(samples);
        for (var i = -WarmUp; i < samples; i++)
        {
            var time = await once(new ConnectOptions { Ip = world.NextAddress(network) }, i + WarmUp);
            if (i >= 0)
                times.Add(time.TotalMilliseconds);
            await world.DisconnectAsync(network);
        }
        return new Samples(times);
    }
}
