using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.State;

internal static class StateDiff
{
    public static Verb Create(CliEnvironment environment)
    {
        var file = new Argument<string?>("FILE") { Description = "An export to compare with; without it, what the hosts hold", Arity = ArgumentArity.ZeroOrOne };
        return new Verb("diff", "Compare the record store with what hosts hold, or with an export", "overlay state diff", "overlay state diff backup.jsonl") { file }
            .Does(environment, async (invocation, cancellation) =>
            {
                if (invocation.Value(file) is not { } path)
                {
                    StateReport.Print(invocation, await invocation.Control.AskState(state => state.Compare(), cancellation));
                    return;
                }
                var (_, partitions) = StateFile.Read(path);
                var exported = partitions.ToDictionary(p => p.Name);
                var names = await invocation.Control.AskState(state => state.ListPartitions(), cancellation);
                foreach (var name in names.Where(name => name != IStateGrain.Key).Union(exported.Keys).Order(StringComparer.Ordinal))
                    Compare(environment.Out, exported.GetValueOrDefault(name), await invocation.Control.AskState(state => state.ReadPartition(name), cancellation), name);
            });
    }

    private static void Compare(TextWriter output, PartitionCopy? exported, PartitionCopy stored, string name)
    {
        if (exported is null)
            output.WriteLine($"{name}: only in the store, at revision {stored.Cursor.Revision}");
        else if (stored.Cursor.Revision == 0)
            output.WriteLine($"{name}: only in the file, at revision {exported.Cursor.Revision}");
        else if (stored.Cursor != exported.Cursor)
        {
            output.WriteLine($"{name}: at revision {exported.Cursor.Revision} in the file, at {stored.Cursor.Revision} in the store");
            foreach (var field in exported.Fields.Keys.Union(stored.Fields.Keys).Order(StringComparer.Ordinal))
            {
                var (a, b) = (exported.Fields.GetValueOrDefault(field), stored.Fields.GetValueOrDefault(field));
                if (a is null || b is null || !a.AsSpan().SequenceEqual(b))
                    output.WriteLine($"  {field}: {(a is null ? "only in the store" : b is null ? "only in the file" : "differs")}");
            }
        }
    }
}
