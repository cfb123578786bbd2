using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Networks;

internal static class NetworkCommand
{
    public static Command Create(CliEnvironment environment) => new("network", "Networks of the cluster, and who is on them")
    {
        NetworkCreate.Create(environment),
        NetworkList.Create(environment),
        NetworkInspect.Create(environment),
        NetworkRemove.Create(environment),
        NetworkPrune.Create(environment),
        NetworkConnect.Create(environment),
        NetworkDisconnect.Create(environment),
        NetworkWait.Create(environment),
    };

    public static Argument<string> NetworkArgument() => new("NETWORK") { Description = "Name, id, or the beginning of an id" };

    public static Argument<string[]> NetworkArguments() =>
        new("NETWORK") { Description = "Names, ids, or beginnings of ids", Arity = ArgumentArity.OneOrMore };
}
