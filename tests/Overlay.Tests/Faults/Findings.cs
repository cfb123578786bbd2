using Xunit;

namespace Overlay.Tests.Faults;

/// <summary>What went wrong in many runs: the first few tell enough.</summary>
internal sealed class Findings
{
    private const int Told = 8;

    private readonly List<string> _found = [];
    private int _runs;

    public void Run(string name, Action run)
    {
        _runs++;
        try
        {
            run();
        }
        catch (Exception error)
        {
            _found.Add($"{name}: {error.Message}");
        }
    }

    public void Check() => Assert.True(_found.Count == 0 && _runs > 0, $"{_found.Count} of {_runs} runs:\n{string.Join("\n\n", _found.Take(Told))}");
}
