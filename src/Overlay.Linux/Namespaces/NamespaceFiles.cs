using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Namespaces;

/// <summary>
/// Names of namespaces as iproute2 keeps them: an empty file under /run/netns with the namespace mounted on it.
/// The directory is a shared mount, so that a name taken away disappears from every mount namespace that was copied
/// from this one; otherwise a private copy would keep the namespace alive. In a mount namespace with its own /run
/// (a lab's host) the directory there is a mount of its own.
/// </summary>
public static class NamespaceFiles
{
    private const int InvalidArgument = 22, NoEntry = 2;

    public const string DefaultDirectory = "/run/netns";

    /// <summary>Makes the directory and makes it a shared mount. Harmless when it is one.</summary>
    public static void Prepare(string directory)
    {
        Directory.CreateDirectory(directory);
        // EINVAL: it is no mount point yet.
        if (TryMount("", directory, MS_SHARED | MS_REC) == EINVAL)
        {
            Mount(directory, directory, MS_BIND | MS_REC);
            Mount("", directory, MS_SHARED | MS_REC);
        }
    }

    /// <summary>Undoes <see cref="Prepare"/>: takes the directory away with every name in it.</summary>
    public static unsafe void Retire(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (var path in Directory.EnumerateFiles(directory))
            Remove(path, $"deleting network namespace {path}");
        fixed (byte* text = Utf8(directory))
        {
            if (umount2(text, MNT_DETACH) < 0 && errno != InvalidArgument)
                throw new KernelException($"unmounting {directory}", errno);
        }
        Directory.Delete(directory);
    }

    internal static string PathOf(string directory, string name)
    {
        if (name.Length is 0 or > 255 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
            throw new KernelException($"naming a network namespace '{name}'", EINVAL, "a name is 1 to 255 characters without a slash");
        return Path.Combine(directory, name);
    }

    internal static unsafe SafeFileHandle Open(string path, string action)
    {
        fixed (byte* text = Utf8(path))
        {
            var fd = Descriptors.Raise(open(text, O_RDONLY | O_CLOEXEC));
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new KernelException(action, errno);
        }
    }

    /// <summary>Makes the empty file; EEXIST when the name is taken.</summary>
    internal static unsafe void Reserve(string path, string action)
    {
        fixed (byte* text = Utf8(path))
        {
            var fd = open(text, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
            if (fd < 0)
                throw new KernelException(action, errno);
            close(fd);
        }
    }

    internal static unsafe void Remove(string path, string action)
    {
        fixed (byte* text = Utf8(path))
        {
            // EINVAL: a file without a mount, left by an interrupted create. ENOENT comes again from unlink.
            if (umount2(text, MNT_DETACH) < 0 && errno is not (InvalidArgument or NoEntry))
                throw new KernelException(action, errno);
            if (unlink(text) < 0)
                throw new KernelException(action, errno);
        }
    }

    internal static unsafe NamespaceId Id(SafeFileHandle handle)
    {
        stat status;
        if (fstat((int)handle.DangerousGetHandle(), &status) < 0)
            throw new KernelException("identifying a network namespace", errno);
        return new NamespaceId((ulong)status.st_dev, (ulong)status.st_ino, (long)status.st_mtim.tv_sec * 1_000_000_000 + (long)status.st_mtim.tv_nsec);
    }

    internal static void Mount(string source, string target, ulong_t flags)
    {
        var error = TryMount(source, target, flags);
        if (error != 0)
            throw new KernelException($"mounting {source} on {target}", error);
    }

    private static unsafe int TryMount(string source, string target, ulong_t flags)
    {
        fixed (byte* from = Utf8(source), to = Utf8(target), type = "none\0"u8)
            return mount(from, to, type, flags, null) < 0 ? errno : 0;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
