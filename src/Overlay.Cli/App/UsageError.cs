using System.CommandLine;
using System.CommandLine.Parsing;
using Overlay.Core.Fabric;

namespace Overlay.Cli.App;

/// <summary>What was wrong with a command line, as one line that says what would work.</summary>
internal static class UsageError
{
    public static string Describe(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var unknown = UnknownFlag(parse) ?? (parse.UnmatchedTokens.Count > 0 ? parse.UnmatchedTokens[0] : null);
        var what = unknown is null
            ? Sentence(parse.Errors[0].Message)
            : unknown.StartsWith('-')
                ? $"unknown flag {unknown}" + NearestName.Hint(unknown, FlagNames(command))
                : command.Subcommands.Count > 0
                    ? $"unknown command '{unknown}'" + NearestName.Hint(unknown, command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name))
                    : $"unexpected argument '{unknown}'";
        return $"{what}; see '{Path(parse.CommandResult)} --help'";
    }

    /// <summary>
    /// A flag that the verb does not have and the parser took for an argument: 'rm --froce' would remove a network of
    /// that name. Behind "--", and behind the first word of a command to run, a dash means nothing.
    /// </summary>
    public static string? UnknownFlag(ParseResult parse)
    {
        var open = parse.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).ToHashSet(ReferenceEqualityComparer.Instance);
        return parse.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Argument.CaptureRemainingTokens ? argument.Tokens.Take(1) : argument.Tokens)
            .Where(token => open.Contains(token) && token.Value is ['-', not (>= '0' and <= '9'), ..])
            .Select(token => token.Value)
            .FirstOrDefault();
    }

    /// <summary>overlay network create</summary>
    public static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "overlay";

    private static string Sentence(string message) =>
        message.Length == 0 || char.IsLower(message[0]) || message.StartsWith('-')
            ? message.TrimEnd('.')
            : char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');

    private static IEnumerable<string> FlagNames(Command command)
    {
        for (Command? level = command; level is not null; level = level.Parents.OfType<Command>().FirstOrDefault())
            foreach (var option in level.Options.Where(option => level == command || option.Recursive))
                yield return option.Name;
    }
}
