using System.Diagnostics;
using Xunit;

namespace Overlay.Linux.Tests;

/// <summary>A kernel and namespaces of random names; all of them go with it, whatever the test did.</summary>
public sealed class TrialNamespaces : IDisposable
{
    private readonly Dictionary<string, (string Name, INetNamespace Space)> _spaces = [];

    public Kernel Kernel { get; } = new();

    public INetNamespace this[string alias]
    {
        get
        {
            if (!_spaces.TryGetValue(alias, out var entry))
            {
                var name = $"ovt-{alias}-{Guid.NewGuid().ToString("N")[..8]}";
                _spaces[alias] = entry = (name, Kernel.Create(name));
            }
            return entry.Space;
        }
    }

    /// <summary>Runs a program inside; returns its output, and fails the test when it fails.</summary>
    public string Run(string alias, string program, params string[] arguments)
    {
        _ = this[alias];
        var start = new ProcessStartInfo("ip", ["netns", "exec", _spaces[alias].Name, program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{errors.Result}");
        return output;
    }

    public void Dispose()
    {
        foreach (var (name, space) in _spaces.Values)
        {
            space.Dispose();
            if (Kernel.Names().Contains(name))
                Kernel.Delete(name);
        }
        Kernel.Dispose();
    }
}
