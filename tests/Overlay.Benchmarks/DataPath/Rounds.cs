using System.Globalization;

namespace Overlay.Benchmarks.DataPath;

/// <summary>One number of one lane.</summary>
/// <param name="Cost">Of this kind the inverse is told: a rate of round trips stands for their duration.</param>
internal sealed record Measure(string Name, string Unit, Func<Lane, double> Take, bool Cost = false);

/// <summary>
/// Measures lanes in turns, and compares those of one turn: the machine's own load drifts, and meets neighbours in time
/// alike. Every second turn goes backwards, so that no lane is always behind another.
/// </summary>
internal static class Rounds
{
    /// <param name="lanes">The first is what the others are compared with.</param>
    public static void Run(TextWriter output, string title, Measure measure, Lane[] lanes, int rounds, CancellationToken cancellation)
    {
        var results = lanes.Select(_ => new double[rounds]).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            foreach (var lane in round % 2 == 0 ? Enumerable.Range(0, lanes.Length) : Enumerable.Range(0, lanes.Length).Reverse())
            {
                cancellation.ThrowIfCancellationRequested();
                var value = measure.Take(lanes[lane]);
                // The first turn warms up.
                if (round >= 0)
                    results[lane][round] = value;
            }
        }
        output.WriteLine(title);
        foreach (var (lane, values) in lanes.Zip(results))
        {
            double[] ratios = [.. values.Zip(results[0], (mine, first) => measure.Cost ? first / mine : mine / first).Order()];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {lane.Name,-44}{Median(values.Order()),12:0.0} {measure.Unit,-8}{Median(ratios),8:0.00}{(measure.Cost ? "×" : " ")}   ({ratios[ratios.Length / 4]:0.00} to {ratios[ratios.Length * 3 / 4]:0.00})"));
        }
    }

    private static double Median(IEnumerable<double> sorted)
    {
        double[] values = [.. sorted];
        return values[values.Length / 2];
    }
}
