using Overlay.Cli.App;
using Overlay.Cli.Output;
using Overlay.Lab;

namespace Overlay.Cli.Lab;

internal static class LabStatusCommand
{
    public static Verb Create(CliEnvironment environment)
    {
        var name = LabCommand.NameOption();
        return new Verb("status", "What runs in a lab; exit status 1 unless every host is ready", "overlay lab status") { name }
            .Exits(environment, async (invocation, cancel) =>
            {
                var status = await Overlay.Lab.Lab.Open(invocation.Value(name)).StatusAsync(cancel);
                Print(status, invocation);
                return status.AllReady ? ExitStatus.Done : ExitStatus.Failed;
            });
    }

    public static void Print(LabStatus status, Invocation invocation)
    {
        if (invocation.Print.ForPeople)
        {
            invocation.Print.Line($"lab {status.Lab.Name}, cluster {status.Lab.Cluster}{(status.Lab.Uplink ? ", with uplink" : "")}{(status.SupervisorAlive ? "" : "; its supervisor is dead: 'overlay lab up' builds it anew")}");
        }
        invocation.Print.List([LabStatusView.Of(status)], CliJson.Readable.LabStatusViewArray, items => Grid.Of(
            items.Single().Members,
            ("MEMBER", view => view.Name),
            ("ADDRESS", view => view.Address),
            ("STATE", view => view.State),
            ("PID", view => Number(view.Pid)),
            ("RESTARTS", view => Number(view.Restarts)),
            ("SOCKETS", view => Number(view.Sockets)),
            ("SAYS", view => view.Says ?? "")));
    }

    private static string Number(int? value) => value?.ToString(provider: null) ?? "-";
}
