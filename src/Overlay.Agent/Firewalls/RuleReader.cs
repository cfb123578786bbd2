using System.Collections.Immutable;

namespace Overlay.Agent.Firewalls;

/// <summary>Whether a rule applies to a packet, and what it then does.</summary>
/// <param name="Matches">Null: cannot be told.</param>
/// <param name="Verdict">accept, drop, reject, queue, return, jump or goto; null: the next rule decides.</param>
/// <param name="Target">Of a jump or goto.</param>
internal readonly record struct RuleEffect(bool? Matches, string? Verdict, string? Target);

/// <summary>Reads one rule for one packet. What is not understood makes a match uncertain, never true or false.</summary>
internal sealed class RuleReader(ImmutableArray<string> rule, Packet packet, ImmutableDictionary<string, ImmutableArray<string>> sets)
{
    private static readonly string[] Verdicts = ["accept", "drop", "reject", "queue", "return", "jump", "goto", "continue"];

    // Statements that decide nothing, with how many words follow that belong to them.
    private static readonly Dictionary<string, int> Silent = new()
    {
        ["counter"] = 0, ["name"] = 1, ["log"] = 0, ["prefix"] = 1, ["level"] = 1, ["group"] = 1, ["flags"] = 1, ["comment"] = 1, ["notrack"] = 0,
    };

    private int _at;
    private bool? _matches = true;

    public RuleEffect Read()
    {
        string? verdict = null, target = null;
        while (_at < rule.Length && _matches != false)
        {
            var word = rule[_at];
            if (Verdicts.Contains(word))
            {
                (verdict, target) = (word == "continue" ? null : word, word is "jump" or "goto" ? rule[_at + 1] : null);
                break;
            }
            if (Silent.TryGetValue(word, out var further))
                _at += 1 + further;
            else if (Condition.Selector(rule, _at, packet) is not { } selector)
                Skip();
            else if (ReadCondition(selector.Words, selector.Is) is { } mapped)
                return mapped;
        }
        return new(_matches, verdict, target);
    }

    private RuleEffect? ReadCondition(int words, Func<string, bool?> isValue)
    {
        var head = rule[_at];
        _at += words;
        if (Word == "vmap")
            return ReadVerdictMap(isValue);
        var isMasked = Word == "&";
        if (isMasked)
            _at += 2;
        var inverted = Word == "!=";
        var isOrder = Word is "<" or ">" or "<=" or ">=";
        if (inverted || isOrder || Word == "==")
            _at++;
        if (Word is "." or "set")
        {
            Skip();
            return null;
        }
        var found = Any(ReadValues(), isValue);
        var holds = isOrder ? null : inverted && Condition.IsOfAnotherKind(head, packet) ? false : inverted ? !found : found;
        _matches = holds == false ? false : holds is null ? null : _matches;
        return null;
    }

    private RuleEffect? ReadVerdictMap(Func<string, bool?> isValue)
    {
        _at++;
        var values = ReadValues();
        for (var i = 0; i + 2 < values.Count;)
        {
            var (key, verdict) = (values[i], values[i + 2]);
            var isJump = verdict is "jump" or "goto" && i + 3 < values.Count;
            if (values[i + 1] != ":")
                return new(null, "queue", null);
            if (isValue(key) is not false and var matches)
                return new(matches is null ? null : _matches, verdict == "continue" ? null : verdict, isJump ? values[i + 3] : null);
            i += isJump ? 4 : 3;
        }
        _matches = false;
        return null;
    }

    private string? Word => _at < rule.Length ? rule[_at] : null;

    // One value, several with commas between, a set of them in braces, or a set by its name.
    private List<string> ReadValues()
    {
        var values = new List<string>();
        if (Word == "{")
        {
            for (_at++; Word is { } word && word != "}"; _at++)
            {
                if (word != ",")
                    values.Add(word);
            }
            _at++;
            return values;
        }
        do
        {
            if (Word == ",")
                _at++;
            if (Word is { } word)
                values.Add(word);
            _at++;
        }
        while (Word == ",");
        return values is [['@', ..] set] ? [.. sets.GetValueOrDefault(set[1..], ["?"]).Where(token => token != ",")] : values;
    }

    private static bool? Any(List<string> values, Func<string, bool?> isValue)
    {
        // Keys of several parts, or with a time of expiry, are not taken apart.
        if (values.Exists(v => v is "." or "timeout" or "expires" or "?"))
            return null;
        bool? any = false;
        foreach (var value in values)
        {
            if (isValue(value) is not { } equal)
                any = null;
            else if (equal)
                return true;
        }
        return any;
    }

    private void Skip()
    {
        _matches = null;
        if (rule[_at] == "{")
        {
            while (Word is { } word && word != "}")
                _at++;
        }
        _at++;
    }
}
