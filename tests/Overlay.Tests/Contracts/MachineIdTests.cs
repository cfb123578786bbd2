using Overlay.Contracts.Hosts;
using Xunit;

namespace Overlay.Tests.Contracts;

public sealed class MachineIdTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("overlay-machine-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(null)]
    [InlineData("\n")]
    public void MachineWithoutOne_GetsOneOfItsOwn_AndKeepsIt(string? text)
    {
        var file = Path.Combine(_directory.FullName, "etc");
        var state = Path.Combine(_directory.FullName, "state");
        if (text is not null)
            File.WriteAllText(file, text);
        Assert.Null(MachineId.Find(file, state));
        var made = MachineId.FindOrMake(file, state);
        Assert.Matches("^[0-9a-f]{32}$", made);
        Assert.Equal(made, MachineId.FindOrMake(file, state));
        Assert.Equal(made, MachineId.Find(file, state));
    }

    [Fact]
    public void MachineWithOne_HasThatOne()
    {
        var file = Path.Combine(_directory.FullName, "etc");
        File.WriteAllText(file, "abc\n");
        Assert.Equal("abc", MachineId.FindOrMake(file, _directory.FullName));
    }
}
