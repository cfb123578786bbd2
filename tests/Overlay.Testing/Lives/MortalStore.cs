using System.Net.Sockets;
using Overlay.Agent.Supervision;

namespace Overlay.Testing.Lives;

/// <summary>The supervisor is another process: it keeps its sockets when the agent dies, and the agent's copies go.</summary>
public sealed class MortalStore(ISocketStore inner, Lifeline life) : ISocketStore
{
    public IReadOnlyDictionary<string, SafeSocketHandle> TakeOver()
    {
        var taken = inner.TakeOver();
        foreach (var socket in taken.Values)
            life.Hold(socket);
        return taken;
    }

    public void Put(string name, SafeSocketHandle socket) => life.Call($"storing {name}", () =>
    {
        inner.Put(name, socket);
        return 0;
    });

    public void Remove(string name) => life.Call($"dropping {name}", () =>
    {
        inner.Remove(name);
        return 0;
    });
}
