using System.Collections.Immutable;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Sandboxes;

/// <content>Which host, and whether it has done what was decided.</content>
public sealed partial class SandboxGrain
{
    private static readonly TimeSpan StatusDeadline = TimeSpan.FromSeconds(1);

    private async Task<string> ChooseHost(string? asked, WaitMode wait)
    {
        var directory = GrainFactory.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key);
        if (asked is not null)
        {
            var found = await services.Retry(() => directory.Find(asked)).ConfigureAwait(true);
            if (found.Host.Draining)
            {
                throw new RefusalException(
                    ErrorCodes.HostDraining,
                    $"host '{asked}' drains and gets no new sandbox; choose another, or end it with 'overlay host drain --undo {asked}'", ("host", asked));
            }
            return found.Alive || wait == WaitMode.None ? asked : throw HostDown(asked);
        }
        var hosts = await services.Retry(() => directory.List()).ConfigureAwait(true);
        // A control-only host is a member too, but carries nothing.
        return hosts.Where(h => h.Alive && !h.Host.Draining && h.Host.Role != "control")
                .OrderBy(h => h.Sandboxes).ThenBy(h => h.Host.Name, StringComparer.Ordinal)
                .FirstOrDefault()?.Host.Name
            ?? throw new RefusalException(
                ErrorCodes.HostDown, "no host is up that could carry a sandbox and does not drain; start overlayd on one ('overlay host ls' shows them)");
    }

    /// <param name="mustBeAlive">False: what was asked is done as far as it can be while the host is down.</param>
    private async Task WaitApplied(
        string host, ObjectId sandbox, ImmutableArray<PartitionRevision> targets, WaitMode wait, bool mustBeAlive)
    {
        if (wait == WaitMode.None || (!mustBeAlive && !services.Hosts.Contains(host)))
            return;
        var deadline = services.Options.ApplyDeadline;
        var waits = new List<Task> { WaitOn(host, targets, sandbox, deadline) };
        if (wait == WaitMode.All)
        {
            var networks = targets.Where(t => t.Partition.StartsWith("network/", StringComparison.Ordinal)).ToImmutableArray();
            foreach (var target in networks)
            {
                var details = await services.Retry(() => GrainFactory.GetGrain<INetworkGrain>(target.Partition["network/".Length..]).Inspect()).ConfigureAwait(true);
                var others = details.Applied.Select(a => a.Host).Where(h => h != host && services.Hosts.Contains(h));
                waits.AddRange(others.Select(other => WaitOn(other, [target], null, deadline)));
            }
        }
        await Task.WhenAll(waits).ConfigureAwait(true);
    }

    private async Task WaitOn(string host, ImmutableArray<PartitionRevision> targets, ObjectId? sandbox, TimeSpan deadline)
    {
        if (!services.Hosts.Contains(host))
            throw HostDown(host);
        try
        {
            await GrainFactory.GetGrain<IHostGrain>(host).WaitApplied(targets, sandbox, deadline)
                .WaitAsync(deadline + StatusDeadline, services.Time).ConfigureAwait(true);
        }
        catch (TimeoutException)
        {
            throw new RefusalException(
                ErrorCodes.Deadline,
                $"host '{host}' has not applied it within {deadline.TotalSeconds:0} s; 'overlay host ls' shows how it is, its overlayd's log says why", ("host", host));
        }
        catch (Exception error) when (error is SiloUnavailableException or OrleansMessageRejectionException)
        {
            throw HostDown(host);
        }
    }

    /// <summary>The host says that its kernel cannot make it: nothing but taking it back would end that.</summary>
    private static bool HasNotApplied(Exception failed) =>
        failed is RefusalException { Code: ErrorCodes.ApplyFailed } or OverlayException { Code: ErrorCodes.ApplyFailed };

    /// <summary>Null when the host does not answer.</summary>
    private async Task<SandboxStatus?> StatusOf(string host, ObjectId sandbox)
    {
        if (!services.Hosts.Contains(host))
            return null;
        try
        {
            return await GrainFactory.GetGrain<IHostGrain>(host).SandboxStatus(sandbox).WaitAsync(StatusDeadline, services.Time).ConfigureAwait(true);
        }
        catch (Exception error) when (error is OverlayException or TimeoutException or OrleansException)
        {
            return null;
        }
    }

    private static RefusalException HostDown(string host) => new(
        ErrorCodes.HostDown,
        $"host '{host}' is down: its overlayd is no member of the cluster; start it, or choose another ('overlay host ls')", ("host", host));
}
