using System.Diagnostics;

namespace Overlay.Lab.Tests.EndToEnd;

/// <summary>What a process said and how it ended.</summary>
public sealed record Ran(string Command, int ExitCode, string Output, string Error)
{
    public override string ToString() => $"{Command}\nexit {ExitCode}\n{Output}{Error}";

    /// <summary>Fails the test with everything that was said unless the exit status was 0.</summary>
    public Ran Ok() => ExitCode == 0 ? this : throw new Xunit.Sdk.XunitException(ToString());
}

internal static class Programs
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    public static string Overlay { get; } = Built("Overlay.Cli", "overlay");

    public static string Overlayd { get; } = Built("Overlay.Node", "overlayd");

    public static async Task<Ran> Run(string[] command, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var word in command.AsSpan(1))
            start.ArgumentList.Add(word);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Longest);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)}: still running after {Longest}\n{await output}{await error}");
        }
        return new(string.Join(' ', command), process.ExitCode, await output, await error);
    }

    // The programs built beside these tests, in the same configuration.
    private static string Built(string project, string program)
    {
        var configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Overlay.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("these tests run from inside the checkout");
        return Path.Combine(root, "src", project, "bin", configuration, "net10.0", program);
    }
}

/// <summary>A process that runs until <see cref="Stop"/>, which interrupts it and gives what it said.</summary>
public sealed class Running : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;
    private readonly string _command;

    public Running(string[] command)
    {
        _command = string.Join(' ', command);
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in command.AsSpan(1))
            start.ArgumentList.Add(word);
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    public async Task<Ran> Stop()
    {
        if (!_process.HasExited)
            await Programs.Run(["kill", "-INT", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return new(_command, _process.ExitCode, await _output, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
