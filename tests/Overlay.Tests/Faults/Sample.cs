namespace Overlay.Tests.Faults;

/// <summary>All of thousands of runs where OVERLAY_FAULTS=all (as in CI); else every so many of them, always the same.</summary>
internal static class Sample
{
    private static readonly bool IsWhole = Environment.GetEnvironmentVariable("OVERLAY_FAULTS") == "all";

    public static bool Leaves(int number, int oneOf) => !IsWhole && number % oneOf != 0;
}
