using System.Diagnostics;
using System.Globalization;

namespace Overlay.Benchmarks.Kernels;

/// <summary>A shell inside a namespace that times what it runs: neither its own start nor the way into the namespace counts.</summary>
internal sealed class TimedShell : IDisposable
{
    private const string Loop = """
        while IFS= read -r line; do
          from=${EPOCHREALTIME/[.,]/}
          said=$(eval "$line" 2>&1); code=$?
          to=${EPOCHREALTIME/[.,]/}
          echo "$code $((to - from)) ${said//$'\n'/ }"
        done
        """;

    private readonly Process _shell;

    public TimedShell(string space) => _shell = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", space, "bash", "-c", Loop])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        Environment = { ["LC_ALL"] = "C" },
    })!;

    /// <summary>Milliseconds.</summary>
    public double Run(string command)
    {
        _shell.StandardInput.WriteLine(command);
        var answer = _shell.StandardOutput.ReadLine()?.Split(' ', 3) ?? throw new InvalidOperationException($"the shell ended at: {command}");
        return answer[0] == "0"
            ? double.Parse(answer[1], CultureInfo.InvariantCulture) / 1000
            : throw new InvalidOperationException($"'{command}' ended with {answer[0]}: {answer[2]}");
    }

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
    }
}
