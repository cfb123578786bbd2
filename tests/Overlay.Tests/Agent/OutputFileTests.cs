using Overlay.Agent.Sandboxes;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class OutputFileTests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("overlay-output-").FullName, "output");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void MoreThanIsKept_LosesItsOldPart_AndOffsetsKeepTheirMeaning()
    {
        using var writer = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        for (var i = 0; i < 60; i++)
        {
            writer.Write(Enumerable.Repeat((byte)i, MiB).ToArray());
            writer.Flush();
            OutputFile.Bound(_path);
            Assert.InRange(OnDisk(), 0, 21L * MiB);
        }

        // The newest 16 MiB at least are there, each byte where it was written.
        var first = OutputFile.Read(_path, 0, ended: false);
        Assert.InRange(first.NextOffset, 40L * MiB - 4 * MiB, 44L * MiB + 64 * 1024);
        Assert.Equal((first.NextOffset - first.Bytes.Length) / MiB, first.Bytes[0]);
        Assert.Equal(59, OutputFile.Read(_path, 60L * MiB - 1, ended: true).Bytes.Single());
        Assert.True(OutputFile.Read(_path, 60L * MiB, ended: true).End);
    }

    private long OnDisk()
    {
        using var du = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b %B", _path]) { RedirectStandardOutput = true })!;
        var words = du.StandardOutput.ReadToEnd().Split(' ');
        return long.Parse(words[0]) * long.Parse(words[1]);
    }
}
