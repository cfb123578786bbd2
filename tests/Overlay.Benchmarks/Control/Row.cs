using System.Globalization;

namespace Overlay.Benchmarks.Control;

/// <summary>Median and 99th percentile to reach, or that another system has; p99 0: only the median is named.</summary>
internal sealed record Mark(double Median, double P99 = 0)
{
    public override string ToString() => P99 > 0 ? $"{Row.Text(Median)} / {Row.Text(P99)}" : Row.Text(Median);
}

/// <summary>One line of the result.</summary>
/// <param name="Peer">Docker 28 on the same kind of machine: numbers taken before, for the ratio; run it beside for a fair one.</param>
internal sealed record Row(string Measure, string Unit, Samples Samples, Mark? Goal, Mark? Peer)
{
    public static readonly string[] Header = ["MEASURE", "N", "MEDIAN", "P99", "UNIT", "GOAL", "MET", "DOCKER 28", "DOCKER / OURS"];

    public string[] Cells =>
    [
        Measure,
        Samples.Count.ToString(CultureInfo.InvariantCulture),
        Text(Samples.Median),
        Text(Samples.P99),
        Unit,
        Goal?.ToString() ?? "",
        Goal is null ? "" : Met(Goal) ? "yes" : "no",
        Peer?.ToString() ?? "",
        Peer is null ? "" : Ratio(Peer),
    ];

    public static string Text(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private bool Met(Mark goal) => Samples.Median <= goal.Median && (goal.P99 == 0 || Samples.P99 <= goal.P99);

    private string Ratio(Mark peer) => peer.P99 > 0
        ? $"{Text(peer.Median / Samples.Median)} / {Text(peer.P99 / Samples.P99)}"
        : Text(peer.Median / Samples.Median);
}

internal static class Table
{
    public static void Write(TextWriter output, IReadOnlyList<Row> rows)
    {
        string[][] lines = [Row.Header, .. rows.Select(row => row.Cells)];
        int[] widths = [.. Row.Header.Select((_, column) => lines.Max(line => line[column].Length) + 2)];
        foreach (var line in lines)
            output.WriteLine(string.Concat(line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
