using System.Diagnostics;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Looks at the kernel with other people's eyes: iproute2, ping, dig, curl.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static string Run(string command)
    {
        var (code, output) = Try(command);
        return code == 0 ? output : throw new InvalidOperationException($"'{command}' gave {code}: {output}");
    }

    public static (int Code, string Output) Try(string command)
    {
        using var process = Start(command);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{command}' did not end");
        }
        return (process.ExitCode, output.Result + error.Result);
    }

    /// <summary>Looks again and again.</summary>
    public static void Until(Func<bool> condition)
    {
        if (!SpinWait.SpinUntil(condition, Patience))
            throw new TimeoutException("it never came to what was waited for");
    }

    public static Process Start(string command) => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
    })!;
}
