using Overlay.Agent.Desired;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// Settings of interfaces that a user has chosen. Unlike ours, which a kernel may lack, one that cannot be made is a
/// problem of its endpoint.
/// </summary>
internal sealed class ChosenSettings
{
    private const int ENOENT = 2, EIO = 5;

    // What the kernel says after our own write, where that is not what we wrote: it rounds times to its clock.
    private readonly Dictionary<(ObjectId Endpoint, string Name, string Value), string> _rounded = [];

    /// <summary>Returns how many writes it took.</summary>
    public int Apply(INetNamespace space, IReadOnlyList<(string Name, string Value, ObjectId Owner)> settings, Problems problems)
    {
        var writes = 0;
        foreach (var (name, value, owner) in settings)
        {
            try
            {
                writes += Apply(space, name, value, owner) ? 1 : 0;
            }
            catch (KernelException failure)
            {
                problems.Add(owner, failure.Message);
            }
        }
        return writes;
    }

    /// <summary>Forgets endpoints that are gone.</summary>
    public void KeepOnly(DesiredHost desired)
    {
        if (_rounded.Count == 0)
            return;
        var there = desired.Sandboxes.Values.SelectMany(s => s.Attachments).Select(a => a.Endpoint).ToHashSet();
        foreach (var key in _rounded.Keys.Where(k => !there.Contains(k.Endpoint)).ToArray())
            _rounded.Remove(key);
    }

    private bool Apply(INetNamespace space, string name, string value, ObjectId owner)
    {
        var actual = Read(space, name) ?? throw new KernelException($"setting {name} to {value} in {space.Name}", ENOENT, "this kernel has no such setting");
        var key = (owner, name, value);
        if (AreSame(actual, value) || (_rounded.TryGetValue(key, out var rounded) && rounded == actual))
            return false;
        space.WriteSysctl(name, value);
        if (Read(space, name) is { } now && !AreSame(now, value))
            _rounded[key] = now;
        return true;
    }

    private static string? Read(INetNamespace space, string name)
    {
        try
        {
            return space.ReadSysctl(name);
        }
        catch (KernelException failure) when (failure.Errno == EIO)
        {
            // There, and without a value until one is written (stable_secret).
            return "";
        }
    }

    // Several numbers are printed with tabs between them.
    private static bool AreSame(string a, string b) =>
        a.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SequenceEqual(b.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
