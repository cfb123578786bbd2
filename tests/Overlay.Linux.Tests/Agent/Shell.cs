using System.Diagnostics;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Looks at the kernel with other people's eyes: iproute2, ping, dig, curl.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What it wrote to standard output: on the other one iproute2 tells of names that other tests take away
    /// while it looks.</summary>
    public static string Run(string command)
    {
        var (code, output, error) = Execute(command);
        return code == 0 ? output : throw new InvalidOperationException($"'{command}' gave {code}: {output}{error}");
    }

    public static (int Code, string Output) Try(string command)
    {
        var (code, output, error) = Execute(command);
        return (code, output + error);
    }

    private static (int Code, string Output, string Error) Execute(string command)
    {
        using var process = Start(command);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{command}' did not end");
        }
        return (process.ExitCode, output.Result, error.Result);
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
