using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Networks;

/// <content>What requests that were cut short left behind: half-removed networks, names of sandboxes that never came.</content>
public sealed partial class NetworkCatalogGrain
{
    private const int AuditsUntilAllAreDoubted = 20;

    // Sandboxes seen in their roster. Doubted again now and then: a removal may have been cut short behind the roster.
    private ImmutableHashSet<ObjectId> _confirmed = [];
    private int _audits;

    private async Task Audit(CancellationToken cancellation)
    {
        try
        {
            var before = Partition.Now - Services.Options.AuditAge;
            foreach (var entry in State.Networks.Values.Where(n => n.Removing < before).ToList())
                await EndRemoval(entry.Network, force: false, Guid.CreateVersion7(Partition.Now)).ConfigureAwait(true);
            _confirmed = ++_audits % AuditsUntilAllAreDoubted == 0 ? [] : _confirmed.Intersect(State.Sandboxes.Keys);
            var doubtful = State.Sandboxes.Values.Where(s => s.Created < before && !_confirmed.Contains(s.Id)).ToList();
            foreach (var host in doubtful.GroupBy(s => s.Host))
                await AuditSandboxes(host.Key, [.. host]).ConfigureAwait(true);
        }
        catch (Exception error) when (GrainCalls.CanWait(error))
        {
            LogAuditPut(Services.Log, error.Message);
        }
    }

    private async Task AuditSandboxes(string host, List<SandboxEntry> doubtful)
    {
        var roster = GrainFactory.GetGrain<IRosterGrain>(host);
        _confirmed = _confirmed.Union((await Services.Retry(() => roster.ListSandboxes()).ConfigureAwait(true)).Select(s => s.Id));
        foreach (var entry in doubtful.Where(e => !_confirmed.Contains(e.Id)))
        {
            if (!await Services.Retry(() => roster.ConfirmAbsent(entry.Id)).ConfigureAwait(true))
                continue;
            LogNeverCame(Services.Log, entry.Name, entry.Host);
            await Task.WhenAll(State.Networks.Keys.Select(network => Cut(network, entry.Id))).ConfigureAwait(true);
            await Partition.Execute((state, _) => CatalogDecisions.ReleaseSandbox(state, entry.Id, true)).ConfigureAwait(true);
        }
    }

    private async Task Cut(ObjectId network, ObjectId sandbox)
    {
        if (await Services.Retry(() => Network(network).FindEndpoint(sandbox)).ConfigureAwait(true) is not null)
        {
            var request = Guid.CreateVersion7(Partition.Now);
            await Services.Retry(() => Network(network).Disconnect(request, sandbox, force: true)).ConfigureAwait(true);
        }
    }

    [LoggerMessage(21, LogLevel.Warning, "sandbox '{Sandbox}' never came to host {Host}: its name and addresses are released")]
    private static partial void LogNeverCame(ILogger log, string sandbox, string host);

    [LoggerMessage(22, LogLevel.Warning, "the catalog's audit goes on later: {Problem}")]
    private static partial void LogAuditPut(ILogger log, string problem);
}
