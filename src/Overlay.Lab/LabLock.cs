using Overlay.Core;

namespace Overlay.Lab;

/// <summary>
/// One lab command at a time on what the file stands for. The file is there while somebody holds it; whoever lets go
/// takes it away, and the directory with it when that is empty then, so that nothing is left when the last lab is gone.
/// </summary>
internal sealed class LabLock : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(20);

    private readonly string _path;
    private readonly FileStream _file;

    private LabLock(string path, FileStream file) => (_path, _file) = (path, file);

    /// <param name="path">In a directory that is made, for root only, when it is not there.</param>
    /// <param name="what">What others are doing, for the message when they do not end.</param>
    public static async Task<LabLock> TakeAsync(string path, string what, CancellationToken cancel)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (TryOpen(path) is { } file)
            {
                return new LabLock(path, file);
            }
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new RefusalException(
                    ErrorCodes.Deadline,
                    $"{what} has not ended for {Deadline.TotalMinutes:0} minutes; 'fuser {path}' shows its process",
                    ("path", path));
            }
            await Task.Delay(Retry, cancel);
        }
    }

    public void Dispose()
    {
        // While it is held: who opened it meanwhile finds it deleted, and opens another.
        File.Delete(_path);
        _file.Dispose();
        try
        {
            Directory.Delete(Path.GetDirectoryName(_path)!);
        }
        catch (IOException)
        {
            // Not empty, or gone already.
        }
    }

    // FileShare.None is an flock here: the kernel gives it back when its holder dies.
    private static FileStream? TryOpen(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget == path)
            {
                return file;
            }
            file.Dispose();
            return null;
        }
        catch (IOException)
        {
            // Held, or its directory was taken away just now.
            return null;
        }
    }
}
