using System.Diagnostics;
using Overlay.Linux;

namespace Overlay.Benchmarks.Dns;

/// <summary>A namespace with a loopback and a directory for files, gone at the end together with what was started in it.</summary>
internal sealed class BenchNamespace : IDisposable
{
    private readonly Kernel _kernel = new();
    private readonly string _name = $"ovb-dns-{Environment.ProcessId}";
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
    private readonly List<Process> _started = [];

    public BenchNamespace() => Space = _kernel.Create(_name);

    public INetNamespace Space { get; }

    public string Write(string file, string text)
    {
        var path = Path.Combine(_directory, file);
        File.WriteAllText(path, text + "\n");
        return path;
    }

    /// <summary>Starts a program on one CPU; its process id is the program's own.</summary>
    public Process Start(int cpu, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("ip", ["netns", "exec", _name, "taskset", "-c", cpu.ToString(System.Globalization.CultureInfo.InvariantCulture), program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // As overlayd runs.
        start.Environment["DOTNET_TieredPGO"] = "0";
        var process = Process.Start(start)!;
        _started.Add(process);
        // Nobody reads it, and a full pipe would stop the program.
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    public string Run(int cpu, string program, params string[] arguments)
    {
        using var process = Start(cpu, program, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        _started.Remove(process);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        Space.Dispose();
        _kernel.Delete(_name);
        _kernel.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
