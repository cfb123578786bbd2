using System.Diagnostics;
using System.Globalization;

namespace Overlay.Benchmarks.Probes;

/// <summary>A <see cref="Prober"/> inside a sandbox, seen from outside.</summary>
internal sealed class ProbeProcess : IAsyncDisposable
{
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private ProbeProcess(Process process) => _process = process;

    public static async Task<ProbeProcess> StartAsync(string kind, Lab.Lab lab, string host, string sandbox)
    {
        string[] words = [.. lab.EnterCommand(host), "ip", "netns", "exec", sandbox, .. Self(), "probe", kind];
        var probe = new ProbeProcess(Process.Start(new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true })!);
        await probe.ExpectAsync(Prober.Ready);
        return probe;
    }

    /// <summary>Returns when the loop runs.</summary>
    public async Task BeginAsync(string target)
    {
        await _process.StandardInput.WriteLineAsync(target);
        await _process.StandardInput.FlushAsync();
        await ExpectAsync(Prober.Begun);
    }

    /// <summary>The moment of the first answer.</summary>
    /// <exception cref="TimeoutException">There was none.</exception>
    public async Task<long> FirstAnswerAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync() ?? throw Ended();
        return long.Parse(line, CultureInfo.InvariantCulture) is > 0 and var moment
            ? moment
            : throw new TimeoutException($"no answer within {Prober.Longest.TotalSeconds} s, although the API had answered");
    }

    public async ValueTask DisposeAsync()
    {
        // Its input's end is its end.
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(LongestEnd);
        _process.Dispose();
    }

    private async Task ExpectAsync(string word)
    {
        if (await _process.StandardOutput.ReadLineAsync() != word)
            throw Ended();
    }

    private static InvalidOperationException Ended() => new("the probe ended: what it wrote to standard error says why");

    // Run by 'dotnet run' or by its own name: the host process and, if that is dotnet, the assembly.
    private static string[] Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(ProbeProcess).Assembly.Location]
            : [Environment.ProcessPath!];
}
