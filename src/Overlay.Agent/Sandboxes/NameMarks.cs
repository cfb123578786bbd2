using System.Globalization;
using System.Text;
using Overlay.Agent.Desired;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Sandboxes;

/// <param name="Space">The namespace that was given the name; null: it was about to be made.</param>
internal sealed record NameMark(ObjectId Sandbox, NamespaceId? Space);

/// <summary>
/// Which names in a directory that is not ours alone (/run/netns, /etc/netns) are ours: a file for each, in a directory
/// of our own. It is written before the thing itself is made, and removed after it.
/// </summary>
internal sealed class NameMarks
{
    private readonly string _directory;
    private readonly ObjectMark _mark;
    private readonly Dictionary<string, NameMark> _marks = [];

    public NameMarks(string directory, ObjectMark mark)
    {
        _directory = directory;
        _mark = mark;
        if (!Directory.Exists(directory))
            return;
        // No name begins with a dot; a write that was cut short does.
        foreach (var file in Directory.EnumerateFiles(directory).Where(f => !Path.GetFileName(f).StartsWith('.')))
        {
            if (Read(File.ReadAllText(file)) is { } found)
                _marks[Path.GetFileName(file)] = found;
        }
    }

    public IReadOnlyCollection<KeyValuePair<string, NameMark>> All => [.. _marks];

    public NameMark? Find(string name) => _marks.GetValueOrDefault(name);

    public void Add(string name, ObjectId sandbox, NamespaceId? space = null)
    {
        Directory.CreateDirectory(_directory);
        var id = space is { } made ? string.Create(CultureInfo.InvariantCulture, $"{made.Device} {made.Inode} {made.Born}\n") : "";
        AtomicFile.Write(Path.Combine(_directory, name), Encoding.ASCII.GetBytes($"{_mark.Of(sandbox)}\n{id}"));
        _marks[name] = new(sandbox, space);
    }

    public void Remove(string name)
    {
        AtomicFile.Delete(Path.Combine(_directory, name));
        _marks.Remove(name);
    }

    private NameMark? Read(string text)
    {
        var lines = text.Split('\n');
        if (!_mark.TryRead(lines[0], out var sandbox))
            return null;
        return lines.ElementAtOrDefault(1)?.Split(' ') is [var device, var inode, var born]
            && ulong.TryParse(device, CultureInfo.InvariantCulture, out var d)
            && ulong.TryParse(inode, CultureInfo.InvariantCulture, out var i)
            && long.TryParse(born, CultureInfo.InvariantCulture, out var b)
                ? new(sandbox, new NamespaceId(d, i, b))
                : new(sandbox, null);
    }
}
