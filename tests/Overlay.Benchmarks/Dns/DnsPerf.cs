using System.Globalization;
using System.Text.RegularExpressions;

namespace Overlay.Benchmarks.Dns;

/// <param name="CpuMicroseconds">Of the server, for each question, in user and kernel mode.</param>
internal sealed record DnsPerfResult(double Rate, double CpuMicroseconds, int Lost);

internal static partial class DnsPerf
{
    private const int ClockTicksPerSecond = 100;

    public static DnsPerfResult Run(BenchNamespace space, NameServer server, string questions, int seconds)
    {
        var before = CpuOf(server);
        var output = space.Run(1, "dnsperf", [.. To(server, questions, seconds), "-q", "100"]);
        var spent = CpuOf(server) - before;
        var completed = Number(CompletedPattern(), output);
        return new(Number(RatePattern(), output), spent * 1e6 / completed, (int)Number(LostPattern(), output));
    }

    /// <summary>Sorted, in microseconds.</summary>
    public static double[] Latencies(BenchNamespace space, NameServer server, string questions, int seconds, int rate) =>
    [
        .. space.Run(1, "dnsperf", [.. To(server, questions, seconds), "-v", "-Q", rate.ToString(CultureInfo.InvariantCulture)]).Split('\n')
            .Where(line => line.StartsWith("> NOERROR", StringComparison.Ordinal))
            .Select(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture) * 1e6)
            .Order(),
    ];

    private static string[] To(NameServer server, string questions, int seconds) =>
        ["-s", server.Address, "-p", server.Port.ToString(CultureInfo.InvariantCulture), "-d", questions, "-l", seconds.ToString(CultureInfo.InvariantCulture), "-c", "1"];

    /// <summary>Seconds of CPU time so far: utime and stime, proc(5).</summary>
    private static double CpuOf(NameServer server)
    {
        var fields = File.ReadAllText($"/proc/{server.ProcessId}/stat").Split(") ")[1].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / (double)ClockTicksPerSecond;
    }

    private static double Number(Regex pattern, string text) => double.Parse(pattern.Match(text).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Queries per second:\s+([\d.]+)")]
    private static partial Regex RatePattern();

    [GeneratedRegex(@"Queries completed:\s+(\d+)")]
    private static partial Regex CompletedPattern();

    [GeneratedRegex(@"Queries lost:\s+(\d+)")]
    private static partial Regex LostPattern();
}
