using System.Diagnostics;

namespace Overlay.Benchmarks.DataPath;

/// <summary>iproute2, nsenter, docker, iperf3: what other people would type.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What it wrote to standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed, or did not end.</exception>
    public static string Run(string command)
    {
        using var process = Start(command);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"'{command}' did not end");
        }
        // iperf3 tells what went wrong in its output.
        return process.ExitCode == 0 ? output.Result : throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}: {error.Result}{output.Result}");
    }

    /// <summary>For clean-up: what is not there cannot be removed.</summary>
    public static void Try(string command)
    {
        try
        {
            Run(command + " 2>/dev/null || true");
        }
        catch (InvalidOperationException)
        {
            // It did not end; the rest is still to be removed.
        }
    }

    /// <summary>Starts a program ('exec …', so that the process is the program's own) whose output nobody reads.</summary>
    public static Process StartSilent(string command) => Start($"{command} >/dev/null 2>&1");

    public static void Until(string condition) => Run($"for i in $(seq 300); do {condition} && exit 0; sleep 0.1; done; echo 'not within 30 s: {condition.Replace('\'', ' ')}' >&2; exit 1");

    public static bool Has(params string[] programs) =>
        programs.All(p => Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/sbin").Any(d => File.Exists(Path.Combine(d, p))));

    private static Process Start(string command) => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
        Environment = { ["LC_ALL"] = "C" },
    })!;
}
