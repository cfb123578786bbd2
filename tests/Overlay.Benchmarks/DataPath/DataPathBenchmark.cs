using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace Overlay.Benchmarks.DataPath;

/// <summary><c>datapath overlay|ports [ROUNDS]</c>, and the two programs that they start. Ctrl-C and SIGTERM end it as its
/// end does: with nothing left.</summary>
internal static class DataPathBenchmark
{
    private const int DefaultRounds = 15;

    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        switch (args)
        {
            case ["pong", var port]:
                return PingPong.Serve(int.Parse(port, CultureInfo.InvariantCulture));
            case ["ping", var address, var port, var seconds]:
                return PingPong.Ask(
                    new(IPAddress.Parse(address), int.Parse(port, CultureInfo.InvariantCulture)), double.Parse(seconds, CultureInfo.InvariantCulture), output);
            case ["overlay" or "ports", ..]:
                return await MeasureAsync(args, output);
            default:
                throw new InvalidOperationException("datapath measures 'overlay' or 'ports'");
        }
    }

    private static async Task<int> MeasureAsync(string[] args, TextWriter output)
    {
        if (!Shell.Has("iperf3", "taskset", "nsenter"))
            throw new InvalidOperationException("iperf3 is missing: install it (iperf3, util-linux)");
        var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : DefaultRounds;
        using var end = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            await (args[0] == "overlay" ? OverlayPath.RunAsync(rounds, output, end.Token) : PortPath.RunAsync(rounds, output, end.Token));
            return 0;
        }
        // What runs in the terminal's foreground got the same Ctrl-C, and failed for it.
        catch (Exception failed) when (end.IsCancellationRequested && failed is OperationCanceledException or InvalidOperationException)
        {
            return 130;
        }

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            end.Cancel();
        }
    }
}
