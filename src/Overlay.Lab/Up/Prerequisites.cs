using Overlay.Core;
using Overlay.Lab.Kernel;

namespace Overlay.Lab.Up;

/// <summary>What must be there before anything is made.</summary>
internal static class Prerequisites
{
    private static readonly (string Program, string Package)[] Programs =
    [
        ("redis-server", "redis-server"),
        ("ip", "iproute2"),
        ("nft", "nftables"),
        ("nsenter", "util-linux"),
        ("unshare", "util-linux"),
        ("mount", "mount"),
        ("bash", "bash"),
    ];

    public static void Check(LabOptions options)
    {
        if (!Libc.IsRoot)
        {
            throw LabErrors.NotRoot("overlay lab up");
        }
        var missing = Programs.Where(p => !(options.EmbeddedStore && p.Program == "redis-server") && Find(p.Program) is null).ToList();
        if (missing.Count > 0)
        {
            var packages = string.Join(' ', missing.Select(m => m.Package).Distinct());
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"a lab needs {string.Join(", ", missing.Select(m => m.Program))}, not found on the PATH: apt-get install --no-install-recommends {packages}",
                ("packages", packages));
        }
    }

    public static string Overlayd(LabOptions options) =>
        Program("overlayd", options.Overlayd ?? NotEmpty(Environment.GetEnvironmentVariable("OVERLAYD")),
            "give its path with --overlayd or $OVERLAYD, or run deploy/quickstart.sh");

    public static string Overlay(LabOptions options) =>
        Program("overlay", options.Overlay, "run deploy/quickstart.sh");

    // Beside this program first: that one is of the same build. A link on the PATH leads to where the real ones lie.
    private static string Program(string name, string? chosen, string remedy)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, name);
        var found = chosen is not null ? Path.GetFullPath(chosen) : File.Exists(beside) ? beside : Find(name);
        return found is not null && File.Exists(found)
            ? found
            : throw new RefusalException(ErrorCodes.NotFound, $"{name} is not at {found ?? beside}, nor on the PATH; {remedy}", ("program", name));
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            // Root's shells without a login may lack the directories that hold ip and nft.
            .Concat(["/usr/sbin", "/sbin"])
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);

    private static string? NotEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
