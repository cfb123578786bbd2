using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Sandboxes;

/// <content>The sandbox whose network stack another one uses.</content>
public sealed partial class SandboxGrain
{
    /// <summary>The one that is asked for, or the one that it joins itself: what is joined is always a stack of its own.</summary>
    /// <exception cref="RefusalException">not-found, ambiguous, not-running: it joins one that is gone; invalid-argument: it is on another host.</exception>
    private async Task<SandboxRecord> FindJoined(CreateSandbox request)
    {
        var entry = await services.Retry(() => Catalog.FindSandbox(request.Join!)).ConfigureAwait(true);
        if (request.Host is { } host && host != entry.Host)
        {
            throw new RefusalException(
                ErrorCodes.InvalidArgument,
                $"a sandbox on host '{host}' cannot join the network of '{entry.Name}', which is on host '{entry.Host}': a network namespace is on one host; leave --host out",
                ("host", host), ("joined", entry.Name), ("holder", entry.Host));
        }
        var asked = await services.Retry(() => Roster(entry.Host).GetSandbox(entry.Id)).ConfigureAwait(true) ?? throw NotThere(entry);
        if (asked.Joins is null)
            return asked;
        return await FindJoined(asked).ConfigureAwait(true) ?? throw new RefusalException(
            ErrorCodes.NotRunning,
            $"sandbox '{asked.Name}' cannot be joined: its network was that of sandbox {asked.Joins.Value.Short}, which is gone; name another one in container:NAME",
            ("joined", asked.Name));
    }

    /// <summary>Null: it joins none, or that one is gone.</summary>
    private async Task<SandboxRecord?> FindJoined(SandboxRecord sandbox) =>
        sandbox.Joins is { } joined ? await services.Retry(() => Roster(sandbox.Host).GetSandbox(joined)).ConfigureAwait(true) : null;

    private async Task RequireEndpoints(SandboxRecord sandbox, NetworkRecord network, bool connect) =>
        ModeRules.RequireEndpoints(sandbox, await FindJoined(sandbox).ConfigureAwait(true), network, connect);
}
