using Overlay.Linux.Monitoring;

namespace Overlay.Linux.Namespaces;

/// <summary>What the namespaces of one kernel share.</summary>
internal sealed record NamespaceTools(NamespaceWorker Entry, NamespaceWorker Nft, EventLoop Events) : IDisposable
{
    public void Dispose()
    {
        Events.Dispose();
        Nft.Dispose();
        Entry.Dispose();
    }
}
