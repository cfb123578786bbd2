using System.Collections.Immutable;
using Overlay.Core;

namespace Overlay.Grains.Networks;

/// <summary>Names for sandboxes that were given none: two words that can be said on the telephone.</summary>
internal static class ChosenName
{
    private const int Attempts = 8;

    private static readonly ImmutableArray<string> Qualities =
    [
        "amber", "brisk", "calm", "clear", "cosy", "deep", "early", "fair", "fresh", "gentle", "grand", "green", "keen", "late", "light", "lucky",
        "mild", "neat", "noble", "plain", "proud", "quick", "quiet", "rapid", "ready", "round", "sharp", "small", "smart", "solid", "sunny", "warm",
    ];

    private static readonly ImmutableArray<string> Things =
    [
        "acorn", "anchor", "badger", "beacon", "birch", "bridge", "canyon", "cedar", "comet", "coral", "crane", "delta", "ember", "falcon", "fern", "finch",
        "harbor", "heron", "island", "lantern", "maple", "meadow", "otter", "pebble", "pine", "raven", "reef", "river", "robin", "spruce", "summit", "willow",
    ];

    public static string For(IRandom random, Func<string, bool> isTaken)
    {
        Span<byte> bytes = stackalloc byte[2];
        for (var i = 0; i < Attempts; i++)
        {
            random.Fill(bytes);
            var name = $"{Qualities[bytes[0] % Qualities.Length]}-{Things[bytes[1] % Things.Length]}";
            if (!isTaken(name))
                return name;
        }
        return $"sandbox-{random.NewId().Short}";
    }
}
