using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Core;

namespace Overlay.Cli.State;

internal static class StateImport
{
    public static Verb Create(CliEnvironment environment)
    {
        var file = new Argument<string>("FILE") { Description = "What 'overlay state export' wrote" };
        var replace = new Option<bool>("--replace-newer") { Description = "Also where the store is newer than the file: what came after it is lost, but for what hosts hold" };
        return new Verb("import", "Restore an export into an empty or older record store", "overlay state import backup.jsonl") { file, replace }
            .Does(environment, async (invocation, cancellation) =>
            {
                var (cluster, partitions) = StateFile.Read(invocation.Value(file));
                if (cluster != invocation.Context.Cluster)
                {
                    throw new RefusalException(
                        ErrorCodes.Conflict, $"{invocation.Value(file)} is of cluster '{cluster}', and this is '{invocation.Context.Cluster}'; nothing was changed");
                }
                if (!invocation.Value(replace))
                    await RefuseNewer(invocation, partitions, cancellation);
                foreach (var copy in partitions)
                    await invocation.Control.AskState(state => Done(state.WritePartition(copy, invocation.Value(replace))), cancellation);
                // What hosts hold beyond the file comes back at once.
                StateReport.Print(invocation, await invocation.Control.AskState(state => state.Recover([]), cancellation));
            });
    }

    // All of it is looked at before the first is written.
    private static async Task RefuseNewer(Invocation invocation, IReadOnlyList<Contracts.Grains.PartitionCopy> partitions, CancellationToken cancellation)
    {
        foreach (var copy in partitions)
        {
            var stored = await invocation.Control.AskState(state => state.ReadPartition(copy.Name), cancellation);
            if (stored.Cursor.Revision > copy.Cursor.Revision)
            {
                throw new RefusalException(
                    ErrorCodes.Conflict,
                    $"the store is newer than the file: {copy.Name} is at revision {stored.Cursor.Revision}, in the file at {copy.Cursor.Revision}; nothing was changed. --replace-newer goes back to the file all the same",
                    ("partition", copy.Name));
            }
        }
    }

    private static async Task<bool> Done(Task work)
    {
        await work;
        return true;
    }
}
