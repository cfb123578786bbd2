using Overlay.Agent.Feeds;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Node.Hosting;

/// <summary>
/// The agent's way to the grains, through whichever silo this host has at the moment. A call made while there is none
/// waits for the next one within the caller's own patience, so that the first pull happens at the moment of joining.
/// </summary>
internal sealed class JoinedControlPlane(Membership membership) : IControlPlane
{
    public async Task<FeedPage> Pull(string partition, FeedCursor since, CancellationToken cancellation) =>
        await (await Grains(cancellation)).Pull(partition, since, cancellation);

    public async Task Register(HostRecord host, CancellationToken cancellation) =>
        await (await Grains(cancellation)).Register(host, cancellation);

    public async Task RemoveSandbox(ObjectId sandbox, CancellationToken cancellation) =>
        await (await Grains(cancellation)).RemoveSandbox(sandbox, cancellation);

    private async Task<GrainControlPlane> Grains(CancellationToken cancellation)
    {
        try
        {
            return new GrainControlPlane(await membership.WhenJoined(cancellation));
        }
        catch (OperationCanceledException)
        {
            throw new OverlayException(ErrorCodes.Unreachable, "this host is not in the cluster at the moment");
        }
    }
}
