using System.Text;
using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>
/// Keeps scripts per table instead of understanding rules: 'table F N { … }' adds its body, 'delete table F N' forgets
/// it, elements come and go in the sets that the body declares, statements on a table that is not there fail, and a
/// script takes effect as a whole or not at all.
/// </summary>
internal sealed class FakeNftables(FakeNamespaceState space) : INftables
{
    private Dictionary<string, FakeTable> _tables = new(StringComparer.Ordinal);

    public uint Generation { get; private set; } = 1;

    public void Run(string script)
    {
        lock (space.Kernel.Gate)
        {
            var action = $"running an nft script in {space.Name}";
            space.Kernel.Check(FakeOperation.RunNft, action);
            var next = new Dictionary<string, FakeTable>(_tables, StringComparer.Ordinal);
            foreach (var statement in Statements(script))
                Execute(next, statement, action);
            _tables = next;
            Generation++;
            space.Kernel.Record(action);
            space.Report([new(KernelEvents.Nftables) { Generation = Generation }]);
        }
        space.Kernel.Deliver();
    }

    public string? Run(string script, string table)
    {
        Run(script);
        return List(table);
    }

    public string? List(string table)
    {
        lock (space.Kernel.Gate)
        {
            space.Kernel.Check(FakeOperation.ListNft, $"listing nft table {table} in {space.Name}");
            space.Kernel.CountReads(1);
            return _tables.TryGetValue(table, out var held) ? held.Print(table) : null;
        }
    }

    public string ListChains()
    {
        lock (space.Kernel.Gate)
        {
            space.Kernel.Check(FakeOperation.Dump, $"listing nft chains in {space.Name}");
            return string.Concat(_tables.Select(table => table.Value.Print(table.Key)));
        }
    }

    public IEnumerable<string> Print() => _tables.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => t.Value.Print(t.Key));

    private static void Execute(Dictionary<string, FakeTable> tables, string statement, string action)
    {
        var words = statement.Split((char[]?)null, 5, StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["table", var family, var name, .. var rest]:
                Add(tables, $"{family} {name}", rest);
                break;
            case ["add", "table", var family, var name, .. var rest]:
                Add(tables, $"{family} {name}", rest);
                break;
            case ["delete" or "flush", "table", var family, var name]:
                Require(tables, $"{family} {name}", action, statement);
                if (words[0] == "delete")
                    tables.Remove($"{family} {name}");
                else
                    tables[$"{family} {name}"] = tables[$"{family} {name}"] with { Sets = tables[$"{family} {name}"].Sets.Clear() };
                break;
            case ["add" or "delete", "element", var family, var name, var rest]:
                Require(tables, $"{family} {name}", action, statement);
                var brace = rest.IndexOf('{');
                tables[$"{family} {name}"] = tables[$"{family} {name}"].WithElements(words[0], rest[..brace].Trim(), rest[brace..])
                    ?? throw new KernelException(action, 2, statement);
                break;
            case [_, _, var family, var name, ..]:
                Require(tables, $"{family} {name}", action, statement);
                tables[$"{family} {name}"] = tables[$"{family} {name}"].With(statement);
                break;
            default:
                throw new KernelException(action, 0, $"syntax error: {statement}");
        }
    }

    private static void Add(Dictionary<string, FakeTable> tables, string table, string[] rest)
    {
        var body = string.Join(' ', rest).Trim();
        body = body.StartsWith('{') ? body[1..^1].Trim('\n', ' ') : "";
        tables[table] = tables.GetValueOrDefault(table, FakeTable.Empty).With(body);
    }

    private static void Require(Dictionary<string, FakeTable> tables, string table, string action, string statement)
    {
        if (!tables.ContainsKey(table))
            throw new KernelException(action, 0, $"No such file or directory: {statement}");
    }

    /// <summary>Statements end at a line's end or a semicolon, outside of braces.</summary>
    private static IEnumerable<string> Statements(string script)
    {
        var depth = 0;
        var statement = new StringBuilder();
        foreach (var c in script + "\n")
        {
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth > 0 || c is not ('\n' or ';'))
            {
                statement.Append(c);
                continue;
            }
            var text = statement.ToString().Trim();
            statement.Clear();
            if (text.Length > 0 && text[0] != '#')
                yield return text;
        }
    }
}
