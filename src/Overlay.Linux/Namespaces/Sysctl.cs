using System.Text;

namespace Overlay.Linux.Namespaces;

/// <summary>/proc/sys/net shows the settings of the namespace of the thread that opens a file there.</summary>
internal static class Sysctl
{
    private const int InvalidArgument = 22, NotFound = 2, AccessDenied = 13;

    public static string? Read(string name, string space)
    {
        try
        {
            return File.ReadAllText(PathOf(name)).TrimEnd('\n');
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure($"reading {name} in {space}", exception);
        }
    }

    public static void Write(string name, string value, string space)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.Write);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(value), 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure($"setting {name} to {value} in {space}", exception);
        }
    }

    /// <summary>Link names may hold dots ("eth0.20"), so dots separate only where there is no slash, as in sysctl(8).</summary>
    public static string PathOf(string name)
    {
        var path = name.Contains('/') ? name : name.Replace('.', '/');
        if (path.Length == 0 || path.StartsWith('/') || path.Split('/').Contains(".."))
            throw new KernelException($"finding setting '{name}'", InvalidArgument, "a name is like net/ipv4/ip_forward");
        return "/proc/sys/" + path;
    }

    private static KernelException Failure(string action, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => new(action, NotFound, "this kernel has no such setting"),
        UnauthorizedAccessException => new(action, AccessDenied),
        // .NET keeps the error number of a failed call in HResult on Unix.
        _ => new(action, exception.HResult is > 0 and < 4096 ? exception.HResult : InvalidArgument, exception.Message),
    };
}
