namespace Overlay.Benchmarks.Control;

/// <summary>Measured values, in the unit of their row.</summary>
internal sealed class Samples(IReadOnlyList<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public int Count => _sorted.Length;

    public double Median => Percentile(0.5);

    /// <summary>Nearest rank: a value that was measured, never one in between.</summary>
    public double P99 => Percentile(0.99);

    private double Percentile(double share) => _sorted[Math.Clamp((int)Math.Ceiling(share * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
