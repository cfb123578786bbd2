using System.CommandLine;
using System.CommandLine.Parsing;

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

    /// <summary>
    /// The words of the command. All is captured from the first one on, so a misspelt flag would become the command:
    /// what begins with '-' is one only behind "--".
    /// </summary>
    public static string[] Words(ParseResult parse, Argument<string[]> argument)
    {
        string[] words = parse.GetValue(argument) ?? [];
        var separated = parse.Tokens.Any(token => token.Type == TokenType.DoubleDash);
        return words is [['-', ..] flag, ..] && !separated
            ? throw new App.UsageException($"unknown flag {flag}; what runs in the sandbox comes after '--'")
            : words;
    }
}
