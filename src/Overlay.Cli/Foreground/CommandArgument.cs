using System.CommandLine;

namespace Overlay.Cli.Foreground;

/// <summary>CMD…: everything from its first word on is the command's own, with or without "--" before it.</summary>
internal static class CommandArgument
{
    public static Argument<string[]> Create() => new("CMD")
    {
        Description = "The command and its arguments",
        Arity = ArgumentArity.ZeroOrMore,
        CaptureRemainingTokens = true,
    };
}
