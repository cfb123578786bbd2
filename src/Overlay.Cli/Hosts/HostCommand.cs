using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Hosts;

internal static class HostCommand
{
    public static Command Create(CliEnvironment environment) => new("host", "Hosts of the cluster")
    {
        HostList.Create(environment),
        HostInspect.Create(environment),
        HostDrain.Create(environment),
        HostRemove.Create(environment),
    };
}
