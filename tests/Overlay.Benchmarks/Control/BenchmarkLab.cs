using Overlay.Contracts.Client;
using Overlay.Core;
using Overlay.Lab;

namespace Overlay.Benchmarks.Control;

/// <summary>The lab that is measured in, and a client of its cluster.</summary>
internal sealed class BenchmarkLab : IAsyncDisposable
{
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo? _own;

    private BenchmarkLab(Lab.Lab lab, ContextStore contexts, OverlayClient client, DirectoryInfo? own)
    {
        Lab = lab;
        Contexts = contexts;
        Client = client;
        _own = own;
    }

    public Lab.Lab Lab { get; }

    public ContextStore Contexts { get; }

    public OverlayClient Client { get; }

    public static async Task<BenchmarkLab> OpenAsync(ControlOptions options, IProgress<string> progress)
    {
        if (options.Context is { } name)
        {
            var store = ContextStore.Default();
            var context = store.Get(name);
            var lab = Overlay.Lab.Lab.Open(context.Lab ?? throw new RefusalException(
                ErrorCodes.Unsupported, $"context '{name}' is not a lab's: probes must be started inside its hosts; leave out --context and a lab is made"));
            return new(lab, store, await OverlayClient.ConnectAsync(context, CallDeadline), own: null);
        }
        return await MakeAsync(options, progress);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_own is null)
            return;
        // The lab takes its context away, and the directory with it when it was the last.
        await Lab.DownAsync();
        if (Directory.Exists(_own.FullName))
            _own.Delete(recursive: true);
    }

    private static async Task<BenchmarkLab> MakeAsync(ControlOptions options, IProgress<string> progress)
    {
        var directory = Directory.CreateTempSubdirectory("overlay-bench-");
        var name = "bench" + Guid.NewGuid().ToString("N")[..6];
        try
        {
            var lab = await Overlay.Lab.Lab.UpAsync(
                new LabOptions
                {
                    Name = name,
                    Hosts = 3,
                    Overlay = options.Overlay ?? BuiltPrograms.Overlay,
                    Overlayd = options.Overlayd ?? BuiltPrograms.Overlayd,
                    ContextDirectory = directory.FullName,
                },
                progress);
            var store = new ContextStore(directory.FullName);
            return new(lab, store, await OverlayClient.ConnectAsync(store.Resolve(name), CallDeadline), directory);
        }
        catch
        {
            await Overlay.Lab.Lab.DownAsync(name);
            if (Directory.Exists(directory.FullName))
                directory.Delete(recursive: true);
            throw;
        }
    }
}

/// <summary>The programs of this checkout, in this program's own configuration.</summary>
internal static class BuiltPrograms
{
    public static string Overlay => Find("Overlay.Cli", "overlay");

    public static string Overlayd => Find("Overlay.Node", "overlayd");

    private static string Find(string project, string program)
    {
        // …/tests/Overlay.Benchmarks/bin/CONFIGURATION/net10.0/
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output.Parent?.Parent?.Parent?.Parent?.Parent?.FullName ?? "/";
        var path = Path.Combine(root, "src", project, "bin", output.Parent?.Name ?? "Release", "net10.0", program);
        return File.Exists(path)
            ? path
            : throw new RefusalException(ErrorCodes.NotFound, $"no {program} at {path}: build the solution, or name one with --{program}", ("program", program));
    }
}
