namespace Overlay.Cli.Foreground;

/// <summary>Runs a command as a child with this process's terminal; returns its exit status (128 + n: by signal n).</summary>
internal interface IForegroundRunner
{
    /// <exception cref="Core.RefusalException">The command's first word cannot be started.</exception>
    Task<int> RunAsync(IReadOnlyList<string> words);
}
