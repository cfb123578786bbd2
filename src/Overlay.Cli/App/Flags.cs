using System.CommandLine;
using System.CommandLine.Parsing;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Cli.App;

/// <summary>Makes flags whose values are checked while the command line is parsed: a wrong one is a usage error.</summary>
internal static class Flags
{
    public static Option<bool> Switch(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    public static Option<string?> Text(string name, string valueName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = valueName };

    public static Option<string[]> Texts(string name, string valueName, string description, params string[] aliases) =>
        Many(name, valueName, description, text => text, aliases);

    public static Option<T> One<T>(string name, string valueName, string description, Func<string, T> parse, T absent)
    {
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = valueName,
            CustomParser = result => Parse(name, result.Tokens[^1].Value, result, parse),
        };
        // The help shows a default that is set, also where it says nothing (0, null).
        if (!EqualityComparer<T>.Default.Equals(absent, default))
            option.DefaultValueFactory = _ => absent;
        return option;
    }

    public static Option<T[]> Many<T>(string name, string valueName, string description, Func<string, T> parse, params string[] aliases) =>
        new(name, aliases)
        {
            Description = description,
            HelpName = valueName,
            DefaultValueFactory = _ => [],
            CustomParser = result => [.. result.Tokens.Select(token => Parse(name, token.Value, result, parse)!)],
        };

    public static Option<Address?> IpAddress(string name, bool v4, string description) =>
        One<Address?>(name, "ADDRESS", description, text => ParseAddress(text, v4), null);

    public static Option<MacAddress?> Mac(string description) =>
        One<MacAddress?>("--mac-address", "MAC", description, text => MacAddress.Parse(text), null);

    /// <summary>KEY=VALUE pairs; of a key given twice the last counts, as in Docker.</summary>
    public static Option<KeyValuePair<string, string>[]> Pairs(string name, string description, params string[] aliases) =>
        Many(name, "KEY=VALUE", description, ParsePair, aliases);

    /// <summary>A flag that must be one of a few words.</summary>
    public static Option<T> Choice<T>(string name, string description, T absent, params (string Word, T Value)[] choices) =>
        One(
            name,
            string.Join('|', choices.Select(choice => choice.Word)),
            description,
            text => choices.Where(choice => choice.Word == text).Select(choice => (Found: true, choice.Value)).FirstOrDefault() is (true, var value)
                ? value
                : throw new FormatException($"'{text}' is not one of {string.Join(", ", choices.Select(choice => choice.Word))}"),
            absent);

    public static Address ParseAddress(string text, bool v4) =>
        Address.TryParse(text, out var address) && address.IsV4 == v4
            ? address
            : throw new FormatException($"'{text}' is not an {(v4 ? "IPv4" : "IPv6")} address");

    /// <summary>A subnet; host bits are refused, for they hide a mistake in the length.</summary>
    public static Prefix ParsePrefix(string text) =>
        !Prefix.TryParse(text, out var prefix, out var hostBits)
            ? throw new FormatException($"'{text}' is not a subnet like 10.1.0.0/24 or fd00:1::/64")
            : hostBits
                ? throw new FormatException($"'{text}' has host bits set: did you mean {prefix}?")
                : prefix;

    public static KeyValuePair<string, string> ParsePair(string text)
    {
        var equals = text.IndexOf('=');
        var key = equals < 0 ? text : text[..equals];
        return key.Length == 0
            ? throw new FormatException($"'{text}' is not KEY=VALUE")
            : new(key, equals < 0 ? "" : text[(equals + 1)..]);
    }

    private static T? Parse<T>(string name, string text, SymbolResult result, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (Exception wrong) when (wrong is FormatException or RefusalException)
        {
            result.AddError($"{name}: {wrong.Message}");
            return default;
        }
    }
}
