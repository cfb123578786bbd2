using System.Text.RegularExpressions;

namespace Overlay.Linux.Nftables;

/// <summary>Turns what libnftables says ("/proc/self/fd/38:3:5-9: Error: …", the line, a row of carets) into one line
/// with the offending line quoted.</summary>
internal static partial class NftError
{
    private const int LongestQuote = 200;

    public static string Readable(string error, string script)
    {
        var text = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (text.Length == 0)
            return "nftables refused the script and gave no reason: " + Shorten(script);
        var location = Location().Match(text[0]);
        if (!location.Success)
            return text[0];
        var reason = location.Groups["reason"].Value;
        var lines = script.Split('\n');
        return int.TryParse(location.Groups["line"].Value, out var line) && line >= 1 && line <= lines.Length
            ? $"{reason} in line {line}: {Shorten(lines[line - 1])}"
            : reason;
    }

    private static string Shorten(string text)
    {
        text = text.Trim();
        return text.Length <= LongestQuote ? text : text[..LongestQuote] + "…";
    }

    [GeneratedRegex(@"^\S+?:(?<line>\d+):\d+(-\d+)?:\s*(Error:\s*)?(?<reason>.*)$")]
    private static partial Regex Location();
}
