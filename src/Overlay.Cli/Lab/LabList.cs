using System.CommandLine;

namespace Overlay.Cli.Lab;

internal static class LabList
{
    public static Command Create()
    {
        var command = new Command("ls", "The labs on this machine");
        command.SetAction(parse =>
        {
            foreach (var name in Overlay.Lab.Lab.Names())
            {
                parse.InvocationConfiguration.Output.WriteLine(Overlay.Lab.Lab.IsUp(name) ? name : $"{name} (left over: 'overlay lab down --name {name}')");
            }
            return 0;
        });
        return command;
    }
}
