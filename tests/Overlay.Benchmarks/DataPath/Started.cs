using System.Diagnostics;

namespace Overlay.Benchmarks.DataPath;

/// <summary>Programs and worlds of one benchmark, ended in reverse order whatever happens.</summary>
internal sealed class Started : IDisposable
{
    private readonly Stack<IDisposable> _worlds = new();

    public T Add<T>(T world)
        where T : IDisposable
    {
        _worlds.Push(world is Process process ? new Running(process) : world);
        return world;
    }

    public void Dispose()
    {
        while (_worlds.TryPop(out var world))
            world.Dispose();
    }

    private sealed class Running(Process process) : IDisposable
    {
        public void Dispose()
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
