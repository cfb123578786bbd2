using Overlay.Agent.Desired;
using Overlay.Core;

namespace Overlay.Agent.Sandboxes;

/// <summary>
/// Which names under /run/netns are ours: a file for each, in a directory that ends with a reboot as the namespaces do.
/// It is written before its namespace is made, and removed after.
/// </summary>
internal sealed class NamespaceMarks
{
    private readonly string _directory;
    private readonly ObjectMark _mark;
    private readonly Dictionary<string, ObjectId> _marks = [];

    public NamespaceMarks(string directory, ObjectMark mark)
    {
        _directory = directory;
        _mark = mark;
        if (!Directory.Exists(directory))
            return;
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            if (mark.TryRead(File.ReadAllText(file).Trim(), out var sandbox))
                _marks[Path.GetFileName(file)] = sandbox;
        }
    }

    public IReadOnlyCollection<KeyValuePair<string, ObjectId>> All => [.. _marks];

    public ObjectId? Find(string name) => _marks.TryGetValue(name, out var sandbox) ? sandbox : null;

    public void Add(string name, ObjectId sandbox)
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(Path.Combine(_directory, name), _mark.Of(sandbox) + "\n");
        _marks[name] = sandbox;
    }

    public void Remove(string name)
    {
        File.Delete(Path.Combine(_directory, name));
        _marks.Remove(name);
    }
}
