using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using Overlay.Lab.Outside;
using Overlay.Lab.Supervision;

namespace Overlay.Cli.Lab;

/// <summary>What a lab runs as its own processes; not for people, so not in the help.</summary>
internal static class LabProcessCommands
{
    public static Command Supervise()
    {
        var name = new Argument<string>("LAB");
        var command = new Command("supervise", "A lab's supervisor") { name };
        command.Hidden = true;
        command.SetAction(async (parse, cancel) =>
        {
            // It outlives the terminal and the shell that 'lab up' ran in.
            using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
            await Supervisor.RunAsync(parse.GetValue(name)!, TimeProvider.System, cancel);
        });
        return command;
    }

    public static Command Outside()
    {
        var address = new Argument<string>("ADDRESS");
        var address6 = new Argument<string>("ADDRESS6");
        var command = new Command("outside", "A lab's outside world: DNS and web server") { address, address6 };
        command.Hidden = true;
        command.SetAction((parse, cancel) => OutsideWorld.RunAsync(IPAddress.Parse(parse.GetValue(address)!), IPAddress.Parse(parse.GetValue(address6)!), cancel));
        return command;
    }

    public static Command Web()
    {
        var port = new Option<int>("--port") { DefaultValueFactory = _ => 80 };
        var text = new Option<string>("--text") { DefaultValueFactory = _ => "" };
        var command = new Command("web", "A small web server for the tour, to run in a sandbox") { port, text };
        command.Hidden = true;
        command.SetAction((parse, cancel) => SmallWeb.RunAsync(new IPEndPoint(IPAddress.IPv6Any, parse.GetValue(port)), parse.GetValue(text)!, cancel));
        return command;
    }
}
