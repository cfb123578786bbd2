using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Agent.Supervision;

namespace Overlay.Testing.Agents;

/// <summary>A supervisor's store for agents that live and die in one process: it duplicates as the real one does.</summary>
public sealed partial class FakeSocketStore : ISocketStore, IDisposable
{
    private const int F_DUPFD_CLOEXEC = 1030;

    // A supervisor is another process: what it holds must not take the agent's low numbers (see Overlay.Linux.Descriptors).
    private const int Lowest = 1024;

    private readonly ConcurrentDictionary<string, SafeSocketHandle> _held = new();

    public ICollection<string> Names => _held.Keys;

    public IReadOnlyDictionary<string, SafeSocketHandle> TakeOver() => _held.ToDictionary(h => h.Key, h => Duplicate(h.Value));

    public void Put(string name, SafeSocketHandle socket) => _held[name] = Duplicate(socket);

    public void Remove(string name)
    {
        if (_held.TryRemove(name, out var held))
            held.Dispose();
    }

    public void Dispose()
    {
        foreach (var name in _held.Keys)
            Remove(name);
    }

    private static SafeSocketHandle Duplicate(SafeSocketHandle socket) => new((nint)Control((int)socket.DangerousGetHandle(), F_DUPFD_CLOEXEC, Lowest), true);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);
}
