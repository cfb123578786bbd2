using System.Globalization;
using Overlay.Core;

namespace Overlay.Benchmarks.Control;

/// <param name="Context">A lab's context to measure in; null: a lab of three hosts is made for it and taken down.</param>
/// <param name="Samples">Of each measure; below 50 a 99th percentile says nothing.</param>
/// <param name="Idle">How long overlayd is watched while nothing is asked of it.</param>
/// <param name="Overlay">The programs to measure; null: those built beside this one.</param>
internal sealed record ControlOptions(string? Context, int Samples, TimeSpan Idle, string? Overlay, string? Overlayd)
{
    public const string Usage = "[--context NAME] [--samples 50] [--idle-seconds 60] [--overlay PATH] [--overlayd PATH]";

    public static ControlOptions Parse(IReadOnlyList<string> words)
    {
        var options = new ControlOptions(null, 50, TimeSpan.FromSeconds(60), null, null);
        for (var i = 0; i < words.Count; i += 2)
        {
            if (i + 1 == words.Count)
                throw Wrong($"{words[i]} needs a value");
            options = With(options, words[i], words[i + 1]);
        }
        return options;
    }

    private static ControlOptions With(ControlOptions options, string flag, string value) => flag switch
    {
        "--context" => options with { Context = value },
        "--samples" => options with { Samples = Number(flag, value) },
        "--idle-seconds" => options with { Idle = TimeSpan.FromSeconds(Number(flag, value)) },
        "--overlay" => options with { Overlay = value },
        "--overlayd" => options with { Overlayd = value },
        _ => throw Wrong($"unknown flag {flag}"),
    };

    private static int Number(string flag, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 10_000
            ? number
            : throw Wrong($"{flag} {value}: a number from 1 to 10000 is meant");

    private static RefusalException Wrong(string what) => new(ErrorCodes.InvalidArgument, $"{what}; control {Usage}");
}
