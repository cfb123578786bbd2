using Overlay.Node.Configuration;

namespace Overlay.Node.Hosting;

internal static class NodeDirectories
{
    // Both hold what workloads wrote and what the cluster looks like: nobody else's business.
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static void Create(NodeOptions options)
    {
        Directory.CreateDirectory(options.StateDirectory, OwnerOnly);
        Directory.CreateDirectory(options.RunDirectory, OwnerOnly);
    }
}
