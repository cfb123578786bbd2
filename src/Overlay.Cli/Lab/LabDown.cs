using System.CommandLine;
using Overlay.Cli.App;

namespace Overlay.Cli.Lab;

internal static class LabDown
{
    public static Verb Create(CliEnvironment environment)
    {
        var name = LabCommand.NameOption();
        var all = new Option<bool>("--all") { Description = "Every lab on this machine" };
        return new Verb("down", "Take a lab away, whatever state it is in; nothing of it stays", "overlay lab down", "overlay lab down --all") { name, all }
            .Does(environment, async (invocation, cancel) =>
            {
                foreach (var lab in invocation.Value(all) ? Overlay.Lab.Lab.Names() : [invocation.Value(name)])
                {
                    var existed = await Overlay.Lab.Lab.DownAsync(lab, cancel);
                    environment.Error.WriteLine(existed ? $"lab {lab} is down" : $"there was no lab {lab}");
                }
            });
    }
}
