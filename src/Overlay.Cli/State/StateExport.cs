using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.State;

internal static class StateExport
{
    public static Verb Create(CliEnvironment environment)
    {
        var output = new Option<string?>("--output", "-o") { Description = "Write to a file instead of standard output", HelpName = "FILE" };
        return new Verb("export", "Write the whole record store as JSON lines: a backup", "overlay state export -o backup.jsonl") { output }
            .Does(environment, async (invocation, cancellation) =>
            {
                if (invocation.Value(output) is not { } path)
                {
                    await Write(invocation, environment.Out, cancellation);
                    return;
                }
                // Whole or not at all: an export that was cut short must not be taken for a backup.
                var unfinished = path + ".new";
                await using (var file = new StreamWriter(unfinished, new FileStreamOptions
                {
                    Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }))
                {
                    await Write(invocation, file, cancellation);
                }
                File.Move(unfinished, path, overwrite: true);
            });
    }

    private static async Task Write(Invocation invocation, TextWriter writer, CancellationToken cancellation)
    {
        var names = await invocation.Control.AskState(state => state.ListPartitions(), cancellation);
        await writer.WriteLineAsync(StateFile.Header(invocation.Context.Cluster, DateTimeOffset.UtcNow));
        // The run that was verified is the store's own, not the cluster's state.
        foreach (var name in names.Where(name => name != IStateGrain.Key))
        {
            var copy = await invocation.Control.AskState(state => state.ReadPartition(name), cancellation);
            if (copy.Cursor.Revision > 0)
                await writer.WriteLineAsync(StateFile.Line(copy));
        }
    }
}
