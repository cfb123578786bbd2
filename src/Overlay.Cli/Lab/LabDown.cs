using System.CommandLine;

namespace Overlay.Cli.Lab;

internal static class LabDown
{
    public static Command Create()
    {
        var name = LabCommand.NameOption();
        var all = new Option<bool>("--all") { Description = "Every lab on this machine" };
        var command = new Command("down", "Take a lab away, whatever state it is in; nothing of it stays") { name, all };
        command.SetAction(async (parse, cancel) =>
        {
            foreach (var lab in parse.GetValue(all) ? Overlay.Lab.Lab.Names() : [parse.GetValue(name)!])
            {
                var existed = await Overlay.Lab.Lab.DownAsync(lab, cancel);
                parse.InvocationConfiguration.Error.WriteLine(existed ? $"lab {lab} is down" : $"there was no lab {lab}");
            }
            return 0;
        });
        return command;
    }
}
