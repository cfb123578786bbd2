using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.State;

internal static class StateCommand
{
    public static Command Create(CliEnvironment environment) => new("state", "The record store: backup, restore, comparison with what hosts hold, recovery")
    {
        StateExport.Create(environment),
        StateImport.Create(environment),
        StateDiff.Create(environment),
        StateRecover.Create(environment),
    };
}
