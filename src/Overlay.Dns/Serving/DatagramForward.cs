using System.Buffers;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Serving;

/// <summary>Forwards a question that came by UDP and sends the reply from the socket that it came to.</summary>
internal static class DatagramForward
{
    public static void Start(Responder responder, PendingForward pending, ReadOnlySpan<byte> sender) =>
        _ = RunAsync(responder, pending, sender.ToArray());

    private static async Task RunAsync(Responder responder, PendingForward pending, byte[] sender)
    {
        // The loop's thread does not open sockets.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var reply = ArrayPool<byte>.Shared.Rent(Protocol.MaxPayload);
        try
        {
            var length = await responder.ForwardAsync(pending, reply).ConfigureAwait(false);
            if (length > 0)
                Send(pending.Listener, reply.AsSpan(0, length), sender);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(reply);
        }
    }

    private static unsafe void Send(Listener listener, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> sender)
    {
        var isHeld = false;
        try
        {
            listener.Udp.DangerousAddRef(ref isHeld);
            fixed (byte* bytes = reply, address = sender)
                _ = Native.SendTo((int)listener.Udp.DangerousGetHandle(), bytes, reply.Length, Native.DontWait, address, sender.Length);
        }
        catch (ObjectDisposedException)
        {
            // The sandbox is gone, and nobody waits.
        }
        finally
        {
            if (isHeld)
                listener.Udp.DangerousRelease();
        }
    }
}
