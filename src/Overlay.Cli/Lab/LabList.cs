using Overlay.Cli.App;
using Overlay.Cli.Output;

namespace Overlay.Cli.Lab;

internal static class LabList
{
    public static Verb Create(CliEnvironment environment) =>
        new Verb("ls", "The labs on this machine", "overlay lab ls").Does(environment, (invocation, _) =>
        {
            LabView[] views = [.. Overlay.Lab.Lab.Names().Select(name => new LabView(name, Overlay.Lab.Lab.IsUp(name)))];
            invocation.Print.List(views, CliJson.Readable.LabViewArray, items => Grid.Of(
                items,
                ("NAME", view => view.Name),
                ("STATE", view => view.Up ? "up" : $"left over: 'overlay lab down --name {view.Name}'")));
            return Task.CompletedTask;
        });
}
