using System.Security.Cryptography;
using Xunit;

namespace Overlay.Lab.Tests;

/// <summary>A lab whose hosts run the stand-in for overlayd; random name, own contexts, gone after the test.</summary>
public class FakeLab : IAsyncLifetime
{
    private readonly DirectoryInfo _contexts = Directory.CreateTempSubdirectory("overlay-contexts-");

    public FakeLab()
    {
        Options = new LabOptions
        {
            Name = "t" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)),
            Hosts = 2,
            Overlayd = Path.Combine(AppContext.BaseDirectory, "Fakes", "overlayd.py"),
            ContextDirectory = Path.Combine(_contexts.FullName, "contexts"),
        };
    }

    public LabOptions Options { get; protected set; }

    public Lab Lab { get; private set; } = null!;

    public async Task InitializeAsync() => Lab = await Lab.UpAsync(Options);

    public async Task DisposeAsync()
    {
        await Lab.DownAsync(Options.Name);
        _contexts.Delete(recursive: true);
    }

    /// <summary>What a shell command prints inside a member; fails the test when it fails.</summary>
    public async Task<string> RunAsync(string member, string script)
    {
        var result = await Lab.ExecAsync(member, ["bash", "-c", script]);
        Assert.True(result.Succeeded, $"{member}: {script}\n{result.ExitCode}: {result.Error}{result.Output}");
        return result.Output.Trim();
    }

    public async Task<bool> SucceedsAsync(string member, string script) =>
        (await Lab.ExecAsync(member, ["bash", "-c", script])).Succeeded;
}
