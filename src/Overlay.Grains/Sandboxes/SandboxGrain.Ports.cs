using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Sandboxes;

/// <content>Its published ports.</content>
public sealed partial class SandboxGrain
{
    public async Task<ImmutableArray<PublishedPort>> PublishPorts(Guid requestId, ImmutableArray<PortRequest> ports, WaitMode wait)
    {
        PortRules.Check(ports);
        using var turn = await _changes.Enter().ConfigureAwait(true);
        var (entry, sandbox) = await Require().ConfigureAwait(true);
        if (wait != WaitMode.None && !services.Hosts.Contains(entry.Host))
            throw HostDown(entry.Host);
        // A repeated request gets what it got, whoever may have come to the host since.
        var published = await services.Retry(() => Roster(entry.Host).FindPublished(requestId, entry.Id)).ConfigureAwait(true)
            ?? await Publish(requestId, entry, sandbox, ports).ConfigureAwait(true);
        turn.Dispose();
        try
        {
            await WaitApplied(entry.Host, entry.Id, [new(Partitions.Roster(entry.Host), published.Revision)], wait, mustBeAlive: true).ConfigureAwait(true);
        }
        catch (Exception failed) when (HasNotApplied(failed))
        {
            await services.Retry(() => Roster(entry.Host).WithdrawPorts(requestId, entry.Id)).ConfigureAwait(true);
            throw;
        }
        return published.Ports;
    }

    public async Task<ImmutableArray<PublishedPort>> UnpublishPorts(Guid requestId, ImmutableArray<PortRequest> ports, WaitMode wait)
    {
        PortRules.Check(ports);
        var (entry, _) = await Require().ConfigureAwait(true);
        var removed = await services.Retry(() => Roster(entry.Host).UnpublishPorts(requestId, entry.Id, ports)).ConfigureAwait(true);
        await WaitApplied(entry.Host, entry.Id, [new(Partitions.Roster(entry.Host), removed.Revision)], wait, mustBeAlive: false).ConfigureAwait(true);
        return removed.Ports;
    }

    private async Task<PortsReply> Publish(Guid requestId, SandboxEntry entry, SandboxRecord sandbox, ImmutableArray<PortRequest> asked)
    {
        PortRules.RequireIsolated(sandbox);
        var attachments = await FindAttachments(entry).ConfigureAwait(true);
        var ports = PortRules.Lead(asked, attachments);
        var busy = await AskHost(entry.Host, ports, attachments).ConfigureAwait(true);
        return await services.Retry(() => Roster(entry.Host).PublishPorts(requestId, entry.Id, ports, busy)).ConfigureAwait(true);
    }

    /// <summary>For a new sandbox, unless an earlier try of the same request has made it.</summary>
    private async Task<ImmutableArray<BusyPort>> ProbePorts(SandboxEntry entry, ImmutableArray<PortRequest> ports, ImmutableArray<Attachment> attachments) =>
        ports.IsEmpty || await services.Retry(() => Roster(entry.Host).GetSandbox(entry.Id)).ConfigureAwait(true) is not null
            ? []
            : await AskHost(entry.Host, ports, attachments).ConfigureAwait(true);

    private async Task<ImmutableArray<BusyPort>> AskHost(string host, ImmutableArray<PortRequest> ports, ImmutableArray<Attachment> attachments)
    {
        if (PortRules.GatewayOf(attachments) is not { } gateway || !services.Hosts.Contains(host))
            return [];
        var (v4, v6) = (PortRules.HasFamily(gateway, v4: true), PortRules.HasFamily(gateway, v4: false));
        try
        {
            return await GrainFactory.GetGrain<IHostGrain>(host).ProbePorts(ports, v4, v6)
                .WaitAsync(services.Options.ApplyDeadline, services.Time).ConfigureAwait(true);
        }
        catch (Exception error) when (error is TimeoutException or SiloUnavailableException or OrleansMessageRejectionException)
        {
            // Its agent looks again when it publishes them.
            return [];
        }
    }

    /// <param name="sandbox">As it is since this turn began.</param>
    private async Task RequirePortsLead(
        SandboxEntry entry, SandboxRecord sandbox, Func<ImmutableArray<Attachment>, ImmutableArray<Attachment>> change, string what)
    {
        if (sandbox.Ports.IsEmpty)
            return;
        var before = await FindAttachments(entry).ConfigureAwait(true);
        PortRules.RequireLead(sandbox, before, change(before), what);
    }

    private async Task<ImmutableArray<Attachment>> FindAttachments(SandboxEntry entry) =>
        [.. (await FindEndpoints(entry).ConfigureAwait(true)).Select(e => new Attachment(e.Network, new ConnectOptions { GatewayPriority = e.Endpoint.GatewayPriority }))];
}
