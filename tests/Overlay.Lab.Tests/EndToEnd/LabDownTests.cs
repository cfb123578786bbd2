using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

// In the collection only so that it does not run beside the other end-to-end tests: they measure loss.
[Collection(LabCollection.Name)]
public sealed class LabDownTests
{
    [Fact]
    public async Task Down_WithCommandsRunningInSandboxes_EndsThemToo()
    {
        var name = "down" + Guid.NewGuid().ToString("N")[..6];
        var contexts = Directory.CreateTempSubdirectory("overlay-contexts-").FullName;
        // A length of sleep that no other process has: how this one's command is known from the machine.
        var sleep = Random.Shared.NextInt64(1_000_000, 9_000_000).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var lab = await Lab.UpAsync(new LabOptions
        {
            Name = name,
            Hosts = 1,
            Overlayd = Programs.Overlayd,
            Overlay = Programs.Overlay,
            ContextDirectory = contexts,
        });
        try
        {
            (await Programs.Run(
                [Programs.Overlay, "run", "-d", "--network", "bridge", "--name", "sleeper", "--", "sleep", sleep],
                ("OVERLAY_CONTEXT_DIR", contexts))).Ok();
            await Eventually.Holds(() => Programs.Run(["pgrep", "-f", $"^sleep {sleep}$"]), found => found.ExitCode == 0);
        }
        finally
        {
            await lab.DownAsync();
        }
        Assert.Equal(1, (await Programs.Run(["pgrep", "-f", $"sleep {sleep}"])).ExitCode);
        Assert.False(Directory.Exists(lab.Paths.Lab));
    }
}
