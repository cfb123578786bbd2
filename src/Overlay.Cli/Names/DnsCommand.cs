using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Names;

internal static class DnsCommand
{
    public static Command Create(CliEnvironment environment) => new("dns", "Names, as sandboxes see them")
    {
        DnsQuery.Create(environment),
    };
}
