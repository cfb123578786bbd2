using Overlay.Cli.App;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.State;

internal static class StateReport
{
    public static void Print(Invocation invocation, RecoveryReport report)
    {
        foreach (var line in report.Differences)
            invocation.Environment.Out.WriteLine(line);
        foreach (var line in report.Contradictions)
            invocation.Environment.Out.WriteLine($"contradiction: {line}");
        if (!report.Missing.IsEmpty)
            invocation.Warn($"not asked, for they are down: {string.Join(", ", report.Missing)}");
    }
}
