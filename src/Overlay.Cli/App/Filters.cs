using System.CommandLine;

namespace Overlay.Cli.App;

/// <summary>
/// Docker's --filter KEY=VALUE: of one key any value may match (labels: all must), of different keys all must.
/// </summary>
internal sealed class Filters<T>(params (string Key, Func<T, string, bool> Matches)[] known)
{
    private const string Label = "label";

    public Option<KeyValuePair<string, string>[]> Flag() =>
        Flags.Many("--filter", "KEY=VALUE", $"Show only what matches: {string.Join(", ", known.Select(filter => filter.Key + "="))}", Parse, "-f");

    public T[] Apply(IEnumerable<T> items, KeyValuePair<string, string>[] given)
    {
        var byKey = given.GroupBy(filter => filter.Key, filter => filter.Value).ToArray();
        return [.. items.Where(item => byKey.All(filter => Match(item, filter.Key, filter)))];
    }

    /// <summary>label=KEY, or label=KEY=VALUE.</summary>
    public static bool HasLabel(IReadOnlyDictionary<string, string> labels, string wanted)
    {
        var equals = wanted.IndexOf('=');
        return equals < 0
            ? labels.ContainsKey(wanted)
            : labels.TryGetValue(wanted[..equals], out var value) && value == wanted[(equals + 1)..];
    }

    private bool Match(T item, string key, IEnumerable<string> values)
    {
        var matches = known.First(filter => filter.Key == key).Matches;
        return key == Label ? values.All(value => matches(item, value)) : values.Any(value => matches(item, value));
    }

    private KeyValuePair<string, string> Parse(string text)
    {
        var equals = text.IndexOf('=');
        if (equals < 1 || !known.Any(filter => filter.Key == text[..equals]))
            throw new FormatException($"'{text}' is no filter; there is: {string.Join(", ", known.Select(filter => filter.Key + "=VALUE"))}");
        return new(text[..equals], text[(equals + 1)..]);
    }
}
