using System.CommandLine;

namespace Overlay.Cli.App;

/// <summary>A command with examples for its help.</summary>
internal sealed class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Whole command lines, as a user types them.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Says what this verb does; its exit status is 0 unless it throws.</summary>
    public Verb Does(CliEnvironment environment, Func<Invocation, CancellationToken, Task> work) =>
        Exits(environment, async (invocation, cancellation) =>
        {
            await work(invocation, cancellation);
            return ExitStatus.Done;
        });

    /// <summary>Says what this verb does and exits with.</summary>
    public Verb Exits(CliEnvironment environment, Func<Invocation, CancellationToken, Task<int>> work)
    {
        SetAction(async (parse, cancellation) =>
        {
            await using var invocation = new Invocation(parse, environment);
            return await work(invocation, cancellation);
        });
        return this;
    }
}
