using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

/// <summary>
/// A lab of three real hosts, shared by the tests of the collection; each test makes and removes its own networks
/// and sandboxes in it. The overlay program runs as users run it: a process, with a context of its own.
/// </summary>
public sealed class LabOfThree : IAsyncLifetime
{
    private readonly string _contexts = Directory.CreateTempSubdirectory("overlay-contexts-").FullName;

    private Lab? _lab;

    public Lab Lab => _lab ?? throw new InvalidOperationException("the lab is not up");

    public async Task InitializeAsync()
    {
        var name = "e2e" + Guid.NewGuid().ToString("N")[..6];
        _lab = await Lab.UpAsync(new LabOptions
        {
            Name = name,
            Hosts = 3,
            Overlayd = Programs.Overlayd,
            Overlay = Programs.Overlay,
            ContextDirectory = _contexts,
        });
    }

    public async Task DisposeAsync()
    {
        if (_lab is not null)
            await _lab.DownAsync();
        if (Directory.Exists(_contexts))
            Directory.Delete(_contexts, recursive: true);
    }

    /// <summary>Runs <c>overlay WORDS</c> as a user would; arguments are split at blanks.</summary>
    public Task<Ran> Overlay(string words, params string[] more) =>
        Programs.Run([Programs.Overlay, .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. more], ("OVERLAY_CONTEXT_DIR", _contexts));

    /// <summary>Runs a command on a host (or in "outside"); arguments are split at blanks.</summary>
    public Task<Ran> On(string member, string words, params string[] more) =>
        Programs.Run([.. Lab.EnterCommand(member), .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. more]);

    /// <summary>Runs a command inside a sandbox's namespace on its host, without the CLI's start in the way.</summary>
    public Task<Ran> In(string host, string sandbox, string words, params string[] more) =>
        On(host, "ip netns exec " + sandbox + " " + words, more);

    /// <summary>A command that goes on until it is told to stop.</summary>
    public Running StartOn(string member, params string[] command) => new([.. Lab.EnterCommand(member), .. command]);
}

[CollectionDefinition(Name)]
public sealed class LabCollection : ICollectionFixture<LabOfThree>
{
    public const string Name = "a lab of three";
}
