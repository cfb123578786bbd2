using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Networks;

/// <content>
/// Addresses of what was removed. Each stays leased until its host has said that its kernel holds it no more, or the
/// host was removed from the cluster: a host whose overlayd is dead goes on using it.
/// </content>
public sealed partial class NetworkGrain
{
    private static readonly TimeSpan HandoverPatience = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, Task> _releasing = [];

    public Task HostRemoved(string host) => ReleaseLeft(host);

    /// <summary>One worker a host; what leaves meanwhile is its next round. What it cannot do is left to the audit.</summary>
    private Task ReleaseLeft(string host)
    {
        if (_releasing.TryGetValue(host, out var running))
            return running;
        var work = Quietly(ReleaseAllLeft(host));
        if (!work.IsCompleted)
            _releasing[host] = work;
        return work;
    }

    private async Task ReleaseAllLeft(string host)
    {
        try
        {
            while (State.Spec is { } spec && State.Leavings.Values.Where(l => l.Host == host).ToArray() is { Length: > 0 } left)
            {
                if (!await HasLetGo(host, left).ConfigureAwait(true))
                    return;
                var leases = new NetworkLeases(GrainFactory, Services, spec);
                await Task.WhenAll(left.Select(leases.Release)).ConfigureAwait(true);
                await Partition.Execute((state, _) => NetworkDecisions.Forget(state, left)).ConfigureAwait(true);
            }
        }
        finally
        {
            _releasing.Remove(host);
        }
    }

    /// <summary>False: it is down, and may hold it.</summary>
    private async Task<bool> HasLetGo(string host, LeavingRecord[] left)
    {
        if (!Services.Hosts.Contains(host))
        {
            var known = await Services.Retry(() => GrainFactory.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).List()).ConfigureAwait(true);
            return known.All(h => h.Host.Name != host);
        }
        var applied = new PartitionRevision(PartitionName, left.Max(l => l.Revision));
        await GrainFactory.GetGrain<IHostGrain>(host).WaitReleased(applied, [.. left.SelectMany(l => new[] { l.Endpoint, l.Sandbox }).OfType<ObjectId>().Distinct()], Services.Options.ApplyDeadline)
            .WaitAsync(2 * Services.Options.ApplyDeadline, Services.Time).ConfigureAwait(true);
        return true;
    }

    /// <summary>Who asks for an address by value may ask for one that is just being let go.</summary>
    private async Task<T> AfterHandover<T>(ConnectOptions options, Func<Task<T>> lease)
    {
        try
        {
            return await lease().ConfigureAwait(true);
        }
        catch (OverlayException taken) when (taken.Code == ErrorCodes.AddressTaken && LeavingWith(options) is not null)
        {
            for (var i = 0; i < 2 && LeavingWith(options) is { } held; i++)
                await ReleaseLeft(held.Host).WaitAsync(HandoverPatience, Services.Time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (LeavingWith(options) is { } still)
                throw NetworkDecisions.StillHeld(still, options.Ip is { } v4 && still.Addresses.Contains(v4) ? v4 : options.Ip6!.Value);
            return await lease().ConfigureAwait(true);
        }
    }

    private LeavingRecord? LeavingWith(ConnectOptions options) => State.Leavings.Values.FirstOrDefault(
        l => (options.Ip is { } v4 && l.Addresses.Contains(v4)) || (options.Ip6 is { } v6 && l.Addresses.Contains(v6)));
}
