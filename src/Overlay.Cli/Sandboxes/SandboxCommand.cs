using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Cli.Control;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.Sandboxes;

internal static class SandboxCommand
{
    public static Command Create(CliEnvironment environment) => new("sandbox", "Sandboxes: network namespaces with their own names and addresses")
    {
        SandboxCreate.Create(environment),
        SandboxList.Create(environment),
        SandboxInspect.Create(environment),
        Order(
            environment, "start", "Start stopped sandboxes, with the addresses they had",
            (control, name, wait, cancellation) => control.StartSandbox(name, wait, cancellation)),
        Order(
            environment, "stop", "Stop sandboxes; names, addresses and MACs are kept",
            (control, name, wait, cancellation) => control.StopSandbox(name, wait, cancellation)),
        SandboxRemove.Create(environment),
    };

    public static Argument<string> SandboxArgument() => new("SANDBOX") { Description = "Name, id, or the beginning of an id" };

    public static Argument<string[]> SandboxArguments() =>
        new("SANDBOX") { Description = "Names, ids, or beginnings of ids", Arity = ArgumentArity.OneOrMore };

    private static Verb Order(
        CliEnvironment environment, string name, string description, Func<IControlPlane, string, WaitMode, CancellationToken, Task> order)
    {
        var names = SandboxArguments();
        var wait = WaitFlag.Create();
        return new Verb(name, description, $"overlay sandbox {name} web") { names, wait }
            .Exits(environment, (invocation, cancellation) => ForEach.DoAsync(invocation, invocation.Value(names), async sandbox =>
            {
                await order(invocation.Control, sandbox, invocation.Value(wait), cancellation);
                invocation.Print.Line(sandbox);
            }));
    }
}
