using System.CommandLine;
using System.CommandLine.Parsing;

namespace Overlay.Cli.App;

/// <summary>What was wrong with a command line, as one line that says what would work.</summary>
internal static class UsageError
{
    // Further off than this, a suggestion is a guess.
    private const int MostEdits = 2;

    public static string Describe(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var unknown = parse.UnmatchedTokens.Count > 0 ? parse.UnmatchedTokens[0] : null;
        var what = unknown is null
            ? Sentence(parse.Errors[0].Message)
            : unknown.StartsWith('-')
                ? $"unknown flag {unknown}" + Suggest(unknown, FlagNames(command))
                : command.Subcommands.Count > 0
                    ? $"unknown command '{unknown}'" + Suggest(unknown, command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name))
                    : $"unexpected argument '{unknown}'";
        return $"{what}; see '{Path(parse.CommandResult)} --help'";
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

    private static string Suggest(string given, IEnumerable<string> known)
    {
        var nearest = known
            .Select(name => (name, edits: Edits(given, name)))
            .Where(candidate => candidate.edits <= MostEdits)
            .OrderBy(candidate => candidate.edits)
            .FirstOrDefault();
        return nearest.name is null ? "" : $", did you mean {nearest.name}?";
    }

    // Levenshtein distance, one row at a time.
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
