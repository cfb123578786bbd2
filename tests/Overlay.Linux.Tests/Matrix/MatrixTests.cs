using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;

namespace Overlay.Linux.Tests.Matrix;

/// <summary>
/// Every driver × family × pair × protocol of <see cref="MatrixTable"/>, yes and no alike. All that is expected to work
/// works first, so that the no's are of a world that is up; they get half a second and may not even arrive; then
/// what works is tried once more.
/// </summary>
public abstract class MatrixTests(MatrixFamily family, ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NoWindow = TimeSpan.FromMilliseconds(500);
    private static readonly ConcurrentDictionary<(string, MatrixFamily), string> Found = new();

    public static TheoryData<string> RowsOfThisKernel => [.. MatrixDriver.RowsOfThisKernel];

    public static TheoryData<string> RowsOfTheVm => [.. MatrixDriver.RowsOfTheVm];

    [Theory]
    [MemberData(nameof(RowsOfThisKernel))]
    public Task Row_EachCell_IsAsDeclared(string row) => Check(row);

    protected async Task Check(string row)
    {
        var expected = MatrixTable.Rows[row];
        var clock = Stopwatch.StartNew();
        await using var world = new MatrixWorld(MatrixDriver.Of(row), family);
        await world.Build();
        var built = clock.Elapsed;
        var probes = new MatrixCells(world, expected).All().ToList();
        var (yes, no) = (probes.Where(p => p.Expected).ToList(), probes.Where(p => !p.Expected).ToList());
        await Task.WhenAll(yes.Select(p => p.Run(Patience)));
        var faults = Faults(yes);
        await Task.WhenAll(no.Select(p => p.Run(NoWindow)));
        faults = [.. faults, .. Faults(no)];
        if (faults.Count == 0)
        {
            await Task.WhenAll(yes.Select(p => p.Run(Patience)));
            faults = [.. Faults(yes).Select(f => "after the no's: " + f)];
        }
        Print(row, expected, probes);
        output.WriteLine($"\n{probes.Count} probes; world {built.TotalSeconds:F1} s, probes {(clock.Elapsed - built).TotalSeconds:F1} s");
        Assert.True(faults.Count == 0, $"{row}, {family}:\n{string.Join('\n', faults)}");
    }

    private static List<string> Faults(IEnumerable<Probe> probes) => [.. probes.Where(p => p.Fault is not null).Select(p => p.Fault!)];

    // The row that ends last prints the whole matrix.
    private void Print(string row, IReadOnlyDictionary<string, char> expected, List<Probe> probes)
    {
        Found[(row, family)] = MatrixTable.Line($"{row} {family}", column => probes.Where(p => p.Column == column).ToList() switch
        {
            [] => ".",
            var cell when cell.Any(p => p.Fault is not null) => "!",
            _ => expected[column].ToString(),
        });
        output.WriteLine(MatrixTable.Header);
        foreach (var (_, line) in Found.OrderBy(f => f.Key))
            output.WriteLine(line);
        output.WriteLine("\n+ yes   . no such pair   ! not as declared\n" + string.Join('\n', MatrixTable.Reasons.Select(r => $"{r.Key} no: {r.Value}")));
    }
}

public sealed class MatrixV4Tests(ITestOutputHelper output) : MatrixTests(MatrixFamily.V4, output);

public sealed class MatrixV6Tests(ITestOutputHelper output) : MatrixTests(MatrixFamily.V6, output);

public sealed class MatrixDualTests(ITestOutputHelper output) : MatrixTests(MatrixFamily.Dual, output)
{
    /// <summary>Only here: both families are probed in each world, and the emulated machine takes ten times as long for one.</summary>
    [Theory]
    [Trait("Kernel", "vm")]
    [MemberData(nameof(RowsOfTheVm))]
    public Task VmRow_EachCell_IsAsDeclared(string row) => Check(row);
}
