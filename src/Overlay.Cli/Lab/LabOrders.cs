using Overlay.Cli.App;

namespace Overlay.Cli.Lab;

internal static class LabOrders
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(60);

    public static Verb Kill(CliEnvironment environment) =>
        Create(environment, "kill", "SIGKILL a host's overlayd; it stays down until 'start'", (lab, host, cancel) => lab.KillAsync(host, cancel));

    public static Verb Start(CliEnvironment environment) => Create(environment, "start", "Start a host's overlayd again, and wait until it is ready", async (lab, host, cancel) =>
    {
        await lab.StartAsync(host, cancel);
        if (lab.Member(host).Kind == Overlay.Lab.MemberKind.Host)
        {
            await lab.WaitReadyAsync(ReadyDeadline, host, cancel);
        }
    });

    private static Verb Create(CliEnvironment environment, string verb, string description, Func<Overlay.Lab.Lab, string, CancellationToken, Task> act)
    {
        var name = LabCommand.NameOption();
        var host = LabCommand.HostArgument();
        return new Verb(verb, description, $"overlay lab {verb} h1") { name, host }
            .Does(environment, (invocation, cancel) => act(Overlay.Lab.Lab.Open(invocation.Value(name)), invocation.Value(host), cancel));
    }
}
