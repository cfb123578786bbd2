namespace Overlay.Agent;

internal static class AtomicFile
{
    private const string HalfSuffix = ".new";

    /// <summary>After a crash there is the old content or the new one, on disk, never half of it.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var half = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}{HalfSuffix}");
        using (var file = new FileStream(half, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(half, path, overwrite: true);
    }

    /// <summary>Also harmless where the directory is not there.</summary>
    public static void Delete(string path)
    {
        if (File.Exists(path))
            File.Delete(path);
    }

    /// <summary>Takes away what writes that were cut short left in a directory, which may be absent.</summary>
    public static void DropHalves(string directory)
    {
        foreach (var half in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, $".*{HalfSuffix}") : [])
            File.Delete(half);
    }
}
