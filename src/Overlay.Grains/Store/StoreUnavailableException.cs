namespace Overlay.Grains.Store;

/// <summary>The store did not answer in time. A commit may have happened: who asks again with the same request id finds out.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
