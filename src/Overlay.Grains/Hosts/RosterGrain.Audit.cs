using Microsoft.Extensions.Logging;
using Overlay.Core;
using Overlay.Grains.Hosting;
using Overlay.Grains.Sandboxes;

namespace Overlay.Grains.Hosts;

/// <content>A sandbox whose name is gone: its creation came here after it was taken back, however that could be.</content>
public sealed partial class RosterGrain
{
    private OrphanSearch _search = null!;

    protected override Task OnOpenedAsync()
    {
        _search = new OrphanSearch(GrainFactory, Services);
        this.RegisterGrainTimer(Audit, new GrainTimerCreationOptions(Services.Options.AuditInterval, Services.Options.AuditInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    private async Task Audit(CancellationToken cancellation)
    {
        try
        {
            var before = Partition.Now - Services.Options.AuditAge;
            foreach (var id in await _search.FindAbsent([.. State.Sandboxes.Values.Where(s => s.Created < before).Select(s => s.Id)]).ConfigureAwait(true))
            {
                LogNameless(Services.Log, id, Host);
                await RemoveSandbox(id).ConfigureAwait(true);
            }
        }
        catch (Exception error) when (GrainCalls.CanWait(error))
        {
            LogAuditPut(Services.Log, Host, error.Message);
        }
    }

    [LoggerMessage(41, LogLevel.Warning, "sandbox {Sandbox} on host {Host} has no name in the catalog: it is removed")]
    private static partial void LogNameless(ILogger log, ObjectId sandbox, string host);

    [LoggerMessage(42, LogLevel.Warning, "the audit of host {Host}'s roster goes on later: {Problem}")]
    private static partial void LogAuditPut(ILogger log, string host, string problem);
}
