using System.CommandLine;
using System.Globalization;
using Overlay.Cli.Output;

namespace Overlay.Cli.App;

/// <summary>Flags that every verb takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string?> Context = new("--context")
    {
        Description = "The cluster to talk to (default: $OVERLAY_CONTEXT, else the one of 'overlay context use')",
        HelpName = "NAME",
        Recursive = true,
    };

    public static readonly Option<OutputFormat> Format = Recursive(Flags.One(
        "--format", "FORMAT", "Output: table, json, or a template like '{{.Name}}'", OutputFormat.Parse, OutputFormat.Table));

    public static readonly Option<TimeSpan?> Timeout = Recursive(Flags.One<TimeSpan?>(
        "--timeout", "DURATION", "Give up after this long: 500ms, 10s, 2m (default: 30s)", text => ParseDuration(text), null));

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    public static void AddTo(RootCommand root)
    {
        root.Add(Context);
        root.Add(Format);
        root.Add(Timeout);
    }

    public static TimeSpan ParseDuration(string text)
    {
        var digits = text.TrimEnd('s', 'm', 'h');
        var seconds = text[digits.Length..] switch
        {
            "" or "s" => 1,
            "ms" => 0.001,
            "m" => 60,
            "h" => 3600,
            _ => 0.0,
        };
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number * seconds is not (>= 0.001 and <= 86400))
            throw new FormatException($"'{text}' is not a duration like 30s, 500ms or 2m (up to 24h)");
        return TimeSpan.FromSeconds(number * seconds);
    }

    private static Option<T> Recursive<T>(Option<T> option)
    {
        option.Recursive = true;
        return option;
    }
}
