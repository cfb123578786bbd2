using System.CommandLine;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.App;

internal static class WaitFlag
{
    public static Option<WaitMode> Create() => Flags.Choice(
        "--wait", "Return once it is in the kernel of the sandbox's own host (local, the default), of every member host (all), or only stored (none)",
        WaitMode.Local,
        ("local", WaitMode.Local), ("all", WaitMode.All), ("none", WaitMode.None));
}
