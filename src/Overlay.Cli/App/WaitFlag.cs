using System.CommandLine;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.App;

internal static class WaitFlag
{
    public static Option<WaitMode> Create() => Flags.Choice(
        "--wait", "Return when this has happened: local, in the kernel of the sandbox's own host; all, of every member host; none, once it is stored",
        WaitMode.Local,
        ("local", WaitMode.Local), ("all", WaitMode.All), ("none", WaitMode.None));
}
