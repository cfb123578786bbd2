using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Requests;
using Overlay.Grains.Hosting;
using Overlay.Grains.Networks;

namespace Overlay.Grains.Sandboxes;

/// <content>What is done to a sandbox that exists.</content>
public sealed partial class SandboxGrain
{
    public async Task<ConnectReply> Connect(Guid requestId, string network, ConnectOptions options, WaitMode wait)
    {
        using var turn = await _changes.Enter().ConfigureAwait(true);
        var (entry, sandbox, target) = await Require(network).ConfigureAwait(true);
        await RequireEndpoints(sandbox, target, connect: true).ConfigureAwait(true);
        ConnectRules.Check(target, options);
        if (wait != WaitMode.None && !services.Hosts.Contains(entry.Host))
            throw HostDown(entry.Host);
        await RequirePortsLead(entry, sandbox, all => all.Any(a => a.Network.Id == target.Id) ? all : all.Add(new(target, options)), $"connecting it to '{target.Name}'").ConfigureAwait(true);
        var reply = await services.Retry(() => Network(target.Id)
            .Connect(requestId, SandboxRules.EndpointOf(entry, sandbox.Hostname, options, null))).ConfigureAwait(true);
        // Decided: its host works while the next one comes.
        turn.Dispose();
        if (_removed)
        {
            // The removal may have looked for its endpoints before this one came.
            await TakeBack().ConfigureAwait(true);
            throw NotThere(entry);
        }
        try
        {
            // A stopped sandbox has no namespace to wait for; its host applies the rest.
            await WaitApplied(entry.Host, entry.Id, [new(Partitions.Network(target.Id), reply.Revision)], wait, mustBeAlive: true).ConfigureAwait(true);
        }
        catch (Exception failed) when (HasNotApplied(failed))
        {
            await TakeBack().ConfigureAwait(true);
            throw;
        }
        return reply;

        Task TakeBack() => services.Retry(() => Network(target.Id).Abandon(requestId, entry.Id));
    }

    public async Task Disconnect(Guid requestId, string network, bool force, WaitMode wait)
    {
        // Forced: whatever else is under way, and wherever the ports lead then.
        using var turn = force ? null : await _changes.Enter().ConfigureAwait(true);
        var (entry, sandbox, target) = await Require(network).ConfigureAwait(true);
        await RequireEndpoints(sandbox, target, connect: false).ConfigureAwait(true);
        if (!force)
            await RequirePortsLead(entry, sandbox, all => all.RemoveAll(a => a.Network.Id == target.Id), $"disconnecting it from '{target.Name}'").ConfigureAwait(true);
        var revision = await services.Retry(() => Network(target.Id).Disconnect(requestId, entry.Id, force)).ConfigureAwait(true);
        turn?.Dispose();
        await WaitApplied(entry.Host, entry.Id, [new(Partitions.Network(target.Id), revision)], wait, mustBeAlive: false).ConfigureAwait(true);
    }

    public Task Start(Guid requestId, WaitMode wait) => SetStarted(requestId, started: true, wait);

    public Task Stop(Guid requestId, WaitMode wait) => SetStarted(requestId, started: false, wait);

    public async Task Remove(Guid requestId, bool force, WaitMode wait)
    {
        var key = this.GetPrimaryKeyString();
        var (entry, done) = await services.Retry(() => Catalog.FindForRemoval(requestId, key)).ConfigureAwait(true);
        if (!done && !_removed)
            await RequireRemovable(entry, force).ConfigureAwait(true);
        var roster = Roster(entry.Host);
        var revision = await services.Retry(() => force ? roster.RemoveSandbox(entry.Id) : roster.RemoveUnjoined(entry.Id)).ConfigureAwait(true);
        _removed = true;
        var endpoints = await FindEndpoints(entry).ConfigureAwait(true);
        await Task.WhenAll(endpoints.Select(e => services.Retry(() => Network(e.Network.Id)
            .Disconnect(RequestId.Derive(requestId, $"disconnect/{e.Network.Id}"), entry.Id, force: true)))).ConfigureAwait(true);
        await services.Retry(() => Catalog.ReleaseSandbox(requestId, entry)).ConfigureAwait(true);
        await WaitApplied(entry.Host, entry.Id, [new(Partitions.Roster(entry.Host), revision)], wait, mustBeAlive: false).ConfigureAwait(true);
        DeactivateOnIdle();
    }

    public async Task<SandboxDetails> Inspect()
    {
        var (entry, sandbox) = await Require().ConfigureAwait(true);
        var status = StatusOf(entry.Host, entry.Id);
        var joinedBy = services.Retry(() => Roster(entry.Host).FindJoined(entry.Id));
        var endpoints = await FindEndpoints(entry).ConfigureAwait(true);
        return new SandboxDetails
        {
            Sandbox = sandbox,
            Endpoints = [.. endpoints.Select(e => Attached(e.Network, e.Endpoint))],
            Status = await status.ConfigureAwait(true),
            Joined = await FindJoined(sandbox).ConfigureAwait(true),
            JoinedBy = [.. (await joinedBy.ConfigureAwait(true)).Select(s => s.Name)],
        };
    }

    private async Task RequireRemovable(SandboxEntry entry, bool force)
    {
        var sandbox = await services.Retry(() => Roster(entry.Host).GetSandbox(entry.Id)).ConfigureAwait(true);
        // Not in its roster for so long: no creation, but a removal that was cut short, and this one ends it.
        if (sandbox is null && services.Time.GetUtcNow() < entry.Created + services.Options.AuditAge)
            throw NotThere(entry);
        if (!force && sandbox is { Command.Length: > 0 } && await StatusOf(entry.Host, entry.Id).ConfigureAwait(true) is { State: "running" })
        {
            throw new RefusalException(
                ErrorCodes.NotRemovable,
                $"sandbox '{entry.Name}' is running; stop it first ('overlay sandbox stop {entry.Name}'), or remove it with --force", ("sandbox", entry.Name));
        }
    }

    private async Task SetStarted(Guid requestId, bool started, WaitMode wait)
    {
        var (entry, _) = await Require().ConfigureAwait(true);
        if (started && wait != WaitMode.None && !services.Hosts.Contains(entry.Host))
            throw HostDown(entry.Host);
        var reply = await services.Retry(() => Roster(entry.Host).SetStarted(requestId, entry.Id, started)).ConfigureAwait(true);
        await WaitApplied(entry.Host, entry.Id, [new(Partitions.Roster(entry.Host), reply.Revision)], wait, mustBeAlive: started).ConfigureAwait(true);
    }

    /// <summary>Only networks that the host follows can have it.</summary>
    private async Task<ImmutableArray<(NetworkRecord Network, EndpointRecord Endpoint)>> FindEndpoints(SandboxEntry entry)
    {
        var followed = await services.Retry(() => Roster(entry.Host).FollowedNetworks()).ConfigureAwait(true);
        var networks = (await services.Retry(() => Catalog.ListNetworks()).ConfigureAwait(true)).Where(n => followed.Contains(n.Id)).ToList();
        var found = await Task.WhenAll(networks.Select(async network => (
            Network: network,
            Endpoint: await services.Retry(() => Network(network.Id).FindEndpoint(entry.Id)).ConfigureAwait(true)))).ConfigureAwait(true);
        return [.. found.Where(f => f.Endpoint is not null).OrderBy(f => f.Endpoint!.Created).Select(f => (f.Network, f.Endpoint!))];
    }

    /// <summary>Both at once: neither needs the other.</summary>
    private async Task<(SandboxEntry Entry, SandboxRecord Sandbox, NetworkRecord Network)> Require(string network)
    {
        var target = services.Retry(() => Catalog.FindNetwork(network));
        var (entry, sandbox) = await Require().ConfigureAwait(true);
        return (entry, sandbox, await target.ConfigureAwait(true));
    }

    private async Task<(SandboxEntry Entry, SandboxRecord Sandbox)> Require()
    {
        if (_entry is { } known && await services.Retry(() => Roster(known.Host).GetSandbox(known.Id)).ConfigureAwait(true) is { } there)
            return (known, there);
        var key = this.GetPrimaryKeyString();
        var entry = await services.Retry(() => Catalog.FindSandbox(key)).ConfigureAwait(true);
        if (key == entry.Id.ToString())
            _entry = entry;
        return (entry, await services.Retry(() => Roster(entry.Host).GetSandbox(entry.Id)).ConfigureAwait(true) ?? throw NotThere(entry));
    }

    private static RefusalException NotThere(SandboxEntry entry) => new(
        ErrorCodes.NotFound, $"sandbox '{entry.Name}' is still being made, or removed; try again in a few seconds",
        ("kind", "sandbox"), ("asked", entry.Name));
}
