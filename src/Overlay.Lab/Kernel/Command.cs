using System.Diagnostics;

namespace Overlay.Lab.Kernel;

/// <summary>What a finished command left behind.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>Runs a program to its end and keeps what it printed.</summary>
internal static class Command
{
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> command, string? input, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new IOException($"{command[0]} did not start");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var error = process.StandardError.ReadToEndAsync(cancel);
            await WriteAsync(process, input);
            await process.WaitForExitAsync(cancel);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    /// <exception cref="IOException">The command failed; the text says which, with what input, and what it printed.</exception>
    public static async Task<string> RequireAsync(IReadOnlyList<string> command, string? input, CancellationToken cancel)
    {
        var result = await RunAsync(command, input, cancel);
        return result.Succeeded
            ? result.Output
            : throw new IOException($"'{string.Join(' ', command)}' failed ({result.ExitCode}): {result.Error.Trim()}{(input is null ? "" : $"\ninput was:\n{input}")}");
    }

    // A program that ends without reading its input breaks the pipe; its exit status tells the story.
    private static async Task WriteAsync(Process process, string? input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
        }
    }
}
