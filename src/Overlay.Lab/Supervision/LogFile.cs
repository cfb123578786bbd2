namespace Overlay.Lab.Supervision;

/// <summary>
/// Bounds a log that a service appends to by itself: past a size it is copied to FILE.1 and cut. (The service holds
/// the file open, so it cannot be renamed away; what is written between copy and cut is lost.)
/// </summary>
internal static class LogFile
{
    public const long MaxBytes = 8 << 20;

    public static void Bound(string file, long maxBytes = MaxBytes)
    {
        var info = new FileInfo(file);
        if (!info.Exists || info.Length <= maxBytes)
        {
            return;
        }
        File.Copy(file, file + ".1", overwrite: true);
        using var cut = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        cut.SetLength(0);
    }
}
