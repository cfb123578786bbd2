using Overlay.Contracts.Client;

namespace Overlay.Cli.Control;

/// <summary>A live way to a cluster's grains.</summary>
internal interface IGrainConnection : IAsyncDisposable
{
    IGrainFactory Grains { get; }
}

internal sealed class GrainConnection(OverlayClient client) : IGrainConnection
{
    public IGrainFactory Grains => client.Grains;

    public static async Task<IGrainConnection> OpenAsync(OverlayContext context, TimeSpan deadline, CancellationToken cancellation) =>
        new GrainConnection(await OverlayClient.ConnectAsync(context, deadline, cancellation));

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
