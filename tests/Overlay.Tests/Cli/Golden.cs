using Overlay.Tests.Structure;
using Xunit;

namespace Overlay.Tests.Cli;

/// <summary>
/// Output that others rely on, kept in Cli/Golden. OVERLAY_GOLDEN=write writes what is printed now; the difference is
/// then reviewed like any other change of an interface.
/// </summary>
internal static class Golden
{
    public static void Compare(string file, string printed)
    {
        var path = Path.Combine(Repository.Root, "tests", "Overlay.Tests", "Cli", "Golden", file);
        if (Environment.GetEnvironmentVariable("OVERLAY_GOLDEN") == "write")
            File.WriteAllText(path, printed);
        Assert.True(File.Exists(path), $"{path} is missing: OVERLAY_GOLDEN=write makes it");
        Assert.Equal(File.ReadAllText(path), printed);
    }
}
