using System.CommandLine;
using Overlay.Lab;
using Overlay.Lab.Supervision;

namespace Overlay.Cli.Lab;

internal static class LabStatusCommand
{
    public static Command Create()
    {
        var name = LabCommand.NameOption();
        var command = new Command("status", "What runs in a lab; exit status 1 unless every host is ready") { name };
        command.SetAction(async (parse, cancel) =>
        {
            var status = await Overlay.Lab.Lab.Open(parse.GetValue(name)!).StatusAsync(cancel);
            Print(status, parse.InvocationConfiguration.Output);
            return status.AllReady ? 0 : 1;
        });
        return command;
    }

    public static void Print(LabStatus status, TextWriter output)
    {
        output.WriteLine($"lab {status.Lab.Name}, cluster {status.Lab.Cluster}{(status.Lab.Uplink ? ", with uplink" : "")}{(status.SupervisorAlive ? "" : "; its supervisor is dead: 'overlay lab up' builds it anew")}");
        const string Row = "{0,-10}{1,-16}{2,-10}{3,-9}{4,-10}{5,-9}{6}";
        output.WriteLine(string.Format(null, Row, "MEMBER", "ADDRESS", "STATE", "PID", "RESTARTS", "SOCKETS", "SAYS").TrimEnd());
        foreach (var member in status.Lab.Members)
        {
            var service = status.Services.FirstOrDefault(s => s.Name == member.Name);
            output.WriteLine(string.Format(
                null, Row, member.Name, member.Address, State(status, member, service),
                service?.Pid?.ToString(provider: null) ?? "-", service?.Restarts.ToString(provider: null) ?? "-", service?.Held.ToString(provider: null) ?? "-", service?.Text).TrimEnd());
        }
    }

    private static string State(LabStatus status, LabMember member, ServiceStatus? service) => member switch
    {
        { Holder: not { IsAlive: true } } => "gone",
        { Kind: MemberKind.Switch } => "up",
        { Kind: MemberKind.Host } when service is { Phase: ServicePhase.Ready } => status.HostReady.GetValueOrDefault(member.Name) ? "ready" : "not ready",
        _ => service?.Phase.ToString().ToLowerInvariant() ?? "unknown",
    };
}
