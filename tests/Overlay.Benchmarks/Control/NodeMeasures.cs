using System.Diagnostics;
using System.Globalization;
using Overlay.Contracts.Client;

namespace Overlay.Benchmarks.Control;

/// <summary>Whole processes: the command line, and an overlayd of which nothing is asked.</summary>
internal sealed class NodeMeasures(BenchmarkWorld world, ControlOptions options)
{
    private const double Megabyte = 1024 * 1024;

    // USER_HZ, in which /proc/PID/stat counts, is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>From fork to exit, connection included.</summary>
    public async Task<Samples> ListAsync()
    {
        var times = new List<double>();
        for (var i = 0; i < options.Samples; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var process = Process.Start(Command())!;
            var output = process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"overlay network ls: exit {process.ExitCode}: {await output}");
        }
        return new Samples(times);
    }

    /// <summary>Resident memory of each host's overlayd, a sample per host, after the idle time.</summary>
    public async Task<Samples> MemoryAsync() =>
        new([.. (await PidsAsync()).Select(pid => ResidentBytes(pid) / Megabyte)]);

    /// <summary>Processor time of each host's overlayd during the idle time, a sample per host.</summary>
    public async Task<Samples> IdleCpuAsync()
    {
        var pids = await PidsAsync();
        double[] before = [.. pids.Select(CpuSeconds)];
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(options.Idle);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new([.. pids.Select((pid, i) => (CpuSeconds(pid) - before[i]) / elapsed * 100)]);
    }

    private ProcessStartInfo Command()
    {
        var command = new ProcessStartInfo(
            options.Overlay ?? world.Place.Lab.State.Overlay, ["--context", world.Place.Client.Context.Name, "network", "ls"]) { RedirectStandardOutput = true };
        command.Environment[ContextStore.DirectoryVariable] = world.Place.Contexts.Directory;
        return command;
    }

    private async Task<int[]> PidsAsync()
    {
        var lab = world.Place.Lab;
        var services = (await lab.StatusAsync()).Services;
        return [.. lab.State.Hosts.Select(host => services.Single(service => service.Name == host.Name).Pid
            ?? throw new InvalidOperationException($"no overlayd runs on {host.Name}"))];
    }

    private static double ResidentBytes(int pid) =>
        long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * (double)Environment.SystemPageSize;

    private static double CpuSeconds(int pid)
    {
        // The name may hold blanks and brackets: count from behind the last one.
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int userTime = 11;
        return (double.Parse(fields[userTime], CultureInfo.InvariantCulture) + double.Parse(fields[userTime + 1], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
