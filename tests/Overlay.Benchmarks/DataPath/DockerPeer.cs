namespace Overlay.Benchmarks.DataPath;

/// <summary>Docker where it can be had: else the comparison goes without it, and says so.</summary>
internal static class DockerPeer
{
    public static T? TryStart<T>(Func<T> start, TextWriter output)
        where T : class
    {
        if (!Shell.Has("dockerd", "docker", "busybox"))
        {
            output.WriteLine("without Docker: dockerd, docker or busybox is not installed (docker.io, busybox-static)");
            return null;
        }
        try
        {
            return start();
        }
        catch (InvalidOperationException refused)
        {
            output.WriteLine($"without Docker: {refused.Message}");
            return null;
        }
    }
}
