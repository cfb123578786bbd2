using Xunit;

namespace Overlay.Linux.Tests.Matrix;

public sealed class MatrixTableTests
{
    [Fact]
    public void Table_EveryRowIsTestedAndEveryNoHasItsReason()
    {
        Assert.Equal(MatrixTable.Rows.Keys.Order(), MatrixDriver.RowsOfThisKernel.Concat(MatrixDriver.RowsOfTheVm).Order());
        Assert.All(MatrixTable.Rows.Values, row =>
        {
            Assert.Equal(MatrixTable.Columns.Length, row.Count);
            Assert.All(row.Values, cell => Assert.True(cell is '+' or '.' || MatrixTable.Reasons.ContainsKey(cell)));
        });
        Assert.Equal(MatrixTable.Reasons.Keys, MatrixTable.Rows.Values.SelectMany(r => r.Values).Where(char.IsAsciiLetterOrDigit).Distinct().Order());
    }
}
