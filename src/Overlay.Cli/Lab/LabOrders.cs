using System.CommandLine;

namespace Overlay.Cli.Lab;

internal static class LabOrders
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(60);

    public static Command Kill() =>
        Create("kill", "SIGKILL a host's overlayd; it stays down until 'start'", (lab, host, cancel) => lab.KillAsync(host, cancel));

    public static Command Start() => Create("start", "Start a host's overlayd again, and wait until it is ready", async (lab, host, cancel) =>
    {
        await lab.StartAsync(host, cancel);
        if (lab.Member(host).Kind == Overlay.Lab.MemberKind.Host)
        {
            await lab.WaitReadyAsync(ReadyDeadline, host, cancel);
        }
    });

    private static Command Create(string verb, string description, Func<Overlay.Lab.Lab, string, CancellationToken, Task> act)
    {
        var name = LabCommand.NameOption();
        var host = LabCommand.HostArgument();
        var command = new Command(verb, description) { name, host };
        command.SetAction((parse, cancel) => act(Overlay.Lab.Lab.Open(parse.GetValue(name)!), parse.GetValue(host)!, cancel));
        return command;
    }
}
