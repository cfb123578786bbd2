using System.Diagnostics;
using System.Globalization;
using Overlay.Contracts.Records;

namespace Overlay.Agent.Sandboxes;

/// <summary>
/// One sandbox's command on disk: generation, pid, output, exit status. The command runs under a shell of its own
/// session that no one waits for: overlayd's end does not touch it, and the next overlayd finds it by these files.
/// </summary>
internal sealed class CommandRun(string directory)
{
    // The traps keep the shell alive through signals meant for its command, which does not inherit them.
    private const string Shim = """
        dir=$1; boot=$2; shift 2
        trap : HUP INT TERM
        rm -f "$dir/exit"
        echo "$$ $(cut -d' ' -f22 /proc/$$/stat) $boot" >"$dir/pid.new" && mv "$dir/pid.new" "$dir/pid"
        exec </dev/null >>"$dir/output" 2>&1
        "$@"
        echo $? >"$dir/exit.new" && mv "$dir/exit.new" "$dir/exit"
        """;

    // The shell records the exit status as its last act, and itself as its first: for so long it may have done neither.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(5);

    public string Output => Path.Combine(directory, "output");

    /// <summary>The generation that was last started; 0 for none.</summary>
    public ulong Generation => Read("generation") is { } text && ulong.TryParse(text, CultureInfo.InvariantCulture, out var generation) ? generation : 0;

    public int? ExitCode => Read("exit") is { } text && int.TryParse(text, CultureInfo.InvariantCulture, out var code) ? code : null;

    /// <summary>The shell's pid while it lives; its session is the command's.</summary>
    public int? Session =>
        Read("pid")?.Split(' ') is [var pid, var start, var boot]
        && boot == Boot.Id
        && int.TryParse(pid, CultureInfo.InvariantCulture, out var number)
        && ProcessTable.StartOf(number)?.ToString(CultureInfo.InvariantCulture) == start
            ? number
            : null;

    public bool IsOfThisBoot => Read("pid")?.EndsWith(Boot.Id, StringComparison.Ordinal) == true;

    public DateTimeOffset? StartedAt => File.Exists(Path.Combine(directory, "pid")) ? File.GetLastWriteTimeUtc(Path.Combine(directory, "pid")) : null;

    /// <summary>The shell was started a moment ago, and has not said yet who it is.</summary>
    public bool IsStarting(DateTimeOffset now) => ExitCode is null && StartedAt > now - StartPatience;

    /// <param name="stack">The sandbox whose network stack it uses; itself, or another.</param>
    /// <param name="files">Where each sandbox has its folder of files of its own.</param>
    /// <exception cref="InvalidOperationException">The shell cannot be started; the message says why.</exception>
    public void Start(SandboxRecord sandbox, SandboxRecord stack, string files)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "generation"), sandbox.Generation.ToString(CultureInfo.InvariantCulture));
        File.Delete(Path.Combine(directory, "exit"));
        // Until the shell says who it is: begun in this boot, and not yet ended.
        File.WriteAllText(Path.Combine(directory, "pid"), $"0 0 {Boot.Id}");
        string[] inside = [.. StackEntry.Words(stack, files), .. sandbox.Command];
        // setsid forks and ends: the shell is no child of ours.
        var start = new ProcessStartInfo("setsid", ["--fork", "/bin/sh", "-c", Shim, "overlay-run", directory, Boot.Id, .. inside])
        {
            UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Where(IsOfOverlayd).ToArray())
            start.Environment.Remove(name);
        try
        {
            using var process = Process.Start(start)!;
            if (!process.WaitForExit(StartTimeout) || process.ExitCode != 0)
                throw new InvalidOperationException($"the command of sandbox {sandbox.Name} cannot be started: setsid failed");
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new InvalidOperationException($"the command of sandbox {sandbox.Name} cannot be started: {error.Message}", error);
        }
    }

    /// <summary>What runs is of no generation any more.</summary>
    public void Disown() => File.Delete(Path.Combine(directory, "generation"));

    public void Delete()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    private static bool IsOfOverlayd(string name) =>
        name.StartsWith("OVERLAY_", StringComparison.Ordinal)
        || name.StartsWith("LISTEN_", StringComparison.Ordinal)
        || name.StartsWith("DOTNET_", StringComparison.Ordinal)
        || name is "NOTIFY_SOCKET" or "WATCHDOG_USEC" or "WATCHDOG_PID" or "INVOCATION_ID";

    private string? Read(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, name)).Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
