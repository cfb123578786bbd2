namespace Overlay.Lab.Up;

/// <summary>
/// /var/lib/overlay on the machine itself: hosts mount their own directory there, so it must exist. If a lab made it,
/// the last lab takes it away.
/// </summary>
internal static class StateMountPoint
{
    private const string Directory = "/var/lib/overlay";

    private static string Made => Path.Combine(LabPaths.Root, "made-state-directory");

    public static void Make()
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            File.WriteAllText(Made, "");
            System.IO.Directory.CreateDirectory(Directory);
        }
    }

    /// <summary>Only when no lab is left: removing the directory would unmount it in every host.</summary>
    public static void Clear()
    {
        if (!File.Exists(Made))
        {
            return;
        }
        if (System.IO.Directory.Exists(Directory) && !System.IO.Directory.EnumerateFileSystemEntries(Directory).Any())
        {
            System.IO.Directory.Delete(Directory);
        }
        File.Delete(Made);
    }
}
