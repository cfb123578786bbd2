using Overlay.Lab.Kernel;

namespace Overlay.Lab.Supervision;

/// <summary>
/// Descriptors that a service left with us, to get them back when it starts again. Owns them: whatever is given to
/// <see cref="Add"/> is closed here and nowhere else. Thread-safe.
/// </summary>
internal sealed class DescriptorStore(int capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(string Name, int Descriptor)> _held = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>Returns how many there was no room for; those are closed.</summary>
    public int Add(string name, IReadOnlyList<int> descriptors)
    {
        lock (_lock)
        {
            var room = Math.Min(capacity - _held.Count, descriptors.Count);
            _held.AddRange(descriptors.Take(room).Select(fd => (name, fd)));
            foreach (var fd in descriptors.Skip(room))
            {
                _ = Libc.close(fd);
            }
            return descriptors.Count - room;
        }
    }

    /// <summary>Closes all of this name.</summary>
    public void Remove(string name)
    {
        lock (_lock)
        {
            foreach (var (_, fd) in _held.Where(h => h.Name == name))
            {
                _ = Libc.close(fd);
            }
            _held.RemoveAll(h => h.Name == name);
        }
    }

    /// <summary>Does something with what is held, while nothing can be removed.</summary>
    public T Use<T>(Func<IReadOnlyList<(string Name, int Descriptor)>, T> use)
    {
        lock (_lock)
        {
            return use(_held);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _held.ForEach(h => _ = Libc.close(h.Descriptor));
            _held.Clear();
        }
    }
}
