namespace Overlay.Benchmarks.Control;

/// <summary>How long the control plane takes, from the API to a first packet on another host; and what an idle node costs.</summary>
internal static class ControlBenchmark
{
    public static async Task<int> RunAsync(ControlOptions options)
    {
        var load = string.Join(' ', (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ').Take(3));
        var progress = new Lines();
        await using var lab = await BenchmarkLab.OpenAsync(options, progress);
        await using var world = await BenchmarkWorld.CreateAsync(lab);
        var rows = new List<Row>();
        async Task Measure(string what, string unit, Mark? goal, Mark? docker, Func<Task<Samples>> measure)
        {
            progress.Report(what);
            rows.Add(new Row(what, unit, await measure(), goal, docker));
        }

        var connects = new ConnectMeasures(world, options.Samples);
        var networks = new NetworkMeasures(world, options.Samples);
        var node = new NodeMeasures(world, options);
        await Measure("connect, bridge", "ms", new(8, 16), new(8.7, 17), () => connects.ConnectAsync(world.Bridge));
        await Measure("connect, bridge, first on a host", "ms", null, null, () => connects.ConnectAsync(world.Empty));
        await Measure("connect, overlay", "ms", new(12, 30), new(194, 209), () => connects.ConnectAsync(world.Overlay));
        await Measure("connect → ping answered, other host", "ms", new(25, 60), new(327, 560), connects.ConnectToPingAsync);
        await Measure("connect → name resolved, other host", "ms", new(25, 60), new(310, 536), connects.ConnectToNameAsync);
        var (create, delete) = (new List<double>(), new List<double>());
        await Measure("network create, bridge", "ms", new(15), new(41), () => networks.CreateAndDeleteAsync(create, delete));
        await Measure("network rm, bridge", "ms", new(15), new(196), () => Task.FromResult(new Samples(delete)));
        await Measure("overlay network ls, process", "ms", null, null, node.ListAsync);
        await Measure("overlayd CPU, idle", "% of a core", null, null, node.IdleCpuAsync);
        await Measure("overlayd memory, idle", "MB", new(114), new(77 + 37), node.MemoryAsync);

        Table.Write(Console.Out, rows);
        Console.Out.WriteLine($"{Environment.ProcessorCount} cores; load average when it began: {load}.");
        Console.Out.WriteLine("Docker 28: numbers of an earlier run on such a machine; a fair ratio needs both in one run.");
        return 0;
    }

    private sealed class Lines : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
