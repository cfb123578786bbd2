using System.Diagnostics;

namespace Overlay.Benchmarks.DataPath;

/// <summary>Where a program sends and receives: a network namespace. Everything else (binaries, cgroup, mounts) is the
/// machine's own, in every variant alike.</summary>
internal sealed record Place(string Enter)
{
    public static Place Named(string space) => new($"nsenter --net=/run/netns/{space}");

    public static Place OfProcess(int pid) => new($"nsenter --target {pid} --net");

    /// <summary>Runs to the end.</summary>
    public string Run(int cpu, string command) => Shell.Run($"exec {Enter} taskset -c {cpu} {command}");

    public Process Start(int cpu, string command) => Shell.StartSilent($"exec {Enter} taskset -c {cpu} {command}");
}
