using System.CommandLine;

namespace Overlay.Cli.App;

/// <summary>The flags of every ls.</summary>
internal sealed class ListOptions
{
    public Option<bool> Quiet { get; } = Flags.Switch("--quiet", "Print ids only", "-q");

    public Option<bool> NoTrunc { get; } = Flags.Switch("--no-trunc", "Print whole ids");
}
