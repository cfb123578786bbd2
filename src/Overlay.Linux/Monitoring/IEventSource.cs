namespace Overlay.Linux.Monitoring;

/// <summary>A descriptor that becomes ready when something has changed.</summary>
internal interface IEventSource : IDisposable
{
    int Fd { get; }

    /// <summary>EPOLL*: what it is waited for.</summary>
    int Interest { get; }

    /// <summary>Takes what is queued.</summary>
    IReadOnlyList<KernelNotice> Drain();
}
