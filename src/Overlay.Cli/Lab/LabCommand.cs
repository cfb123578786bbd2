using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Lab;

namespace Overlay.Cli.Lab;

/// <summary><c>overlay lab …</c>: several hosts on this machine.</summary>
internal static class LabCommand
{
    public static Command Create(CliEnvironment environment) => new("lab", "Several hosts on this machine, in namespaces: to try things out and to test.")
    {
        LabUp.Create(environment),
        LabStatusCommand.Create(environment),
        LabList.Create(environment),
        LabExec.Create(environment),
        LabLogs.Create(environment),
        LabOrders.Kill(environment),
        LabOrders.Start(environment),
        LabDown.Create(environment),
        LabProcessCommands.Supervise(),
        LabProcessCommands.Outside(),
        LabProcessCommands.Web(),
    };

    public static Option<string> NameOption() => new("--name")
    {
        Description = "The lab; several can stand side by side",
        HelpName = "LAB",
        DefaultValueFactory = _ => LabOptions.DefaultName,
    };

    public static Argument<string> HostArgument() => new("HOST") { Description = "h1, h2 …; also redis and outside" };
}
