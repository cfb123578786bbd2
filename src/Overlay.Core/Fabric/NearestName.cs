namespace Overlay.Core.Fabric;

/// <summary>What somebody probably meant.</summary>
public static class NearestName
{
    /// <summary>The known name that is fewest edits away, when that is few enough to be a slip; null otherwise.</summary>
    public static string? Of(string asked, IEnumerable<string> known)
    {
        // Long texts are not slips, and the table below is quadratic.
        if (asked.Length is 0 or > ObjectName.MaxLength)
            return null;
        var limit = Math.Max(1, asked.Length / 3);
        return known
            .Where(name => Math.Abs(name.Length - asked.Length) <= limit)
            .Select(name => (Name: name, Edits: Edits(asked, name)))
            .Where(n => n.Edits <= limit)
            .OrderBy(n => n.Edits).ThenBy(n => n.Name, StringComparer.Ordinal)
            .Select(n => n.Name)
            .FirstOrDefault();
    }

    /// <summary>" (did you mean 'shop'?)", or nothing.</summary>
    public static string Hint(string asked, IEnumerable<string> known) => Of(asked, known) is { } name ? $" (did you mean '{name}'?)" : "";

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours; upper and lower case are one.</summary>
    private static int Edits(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = rows[i - 1, j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1);
                var best = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, substitution);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    best = Math.Min(best, rows[i - 2, j - 2] + 1);
                rows[i, j] = best;
            }
        }
        return rows[a.Length, b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
