using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Networks;
using Overlay.Core.Requests;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Sandboxes;

/// <summary>
/// Making a sandbox is a saga over four partitions; each step is durable by itself and has one effect per request:
///
///     catalog: name ─► networks: endpoints, leases ─► roster of the host: sandbox, ports ─► its agent applies
///        ▲                  ▲                               ▲                                  │ refused
///        └── released ◄─────└── disconnected ◄──────────────└── removed ◄──────────────────────┘
///
/// A retry goes through the same steps and finds what is done. A saga that nobody retries leaves a name without a
/// sandbox in any roster: the catalog's audit takes that back. The roster comes last, so that a host never starts a
/// command whose networks are still being connected.
/// </summary>
/// <inheritdoc cref="ISandboxGrain"/>
[Reentrant, PreferLocalPlacement]
public sealed partial class SandboxGrain(GrainServices services) : Grain, ISandboxGrain
{
    private readonly Dictionary<Guid, Task<SandboxDetails>> _creating = [];

    // Name and host of an id never change; whether it is still there, its roster says. A name may come to mean another.
    private SandboxEntry? _entry;
    private bool _removed;

    // Where published ports lead is decided by all networks together, so these change one after the other. Two activations
    // can exist for a while: what slips through between them, the host's agent warns of.
    private readonly Turns _changes = new();

    public async Task<SandboxDetails> Create(Guid requestId, CreateSandbox request)
    {
        // A retry that comes while the first is under way gets the first one's answer.
        if (_creating.TryGetValue(requestId, out var running))
            return await running.ConfigureAwait(true);
        var creation = CreateOnce(requestId, request);
        _creating[requestId] = creation;
        try
        {
            return await creation.ConfigureAwait(true);
        }
        finally
        {
            _creating.Remove(requestId);
        }
    }

    private async Task<SandboxDetails> CreateOnce(Guid requestId, CreateSandbox request)
    {
        SandboxRules.Check(request);
        var attachments = await Resolve(request).ConfigureAwait(true);
        var mode = ModeRules.ModeOf(request, attachments);
        var joined = mode == SandboxModes.Container ? await FindJoined(request).ConfigureAwait(true) : null;
        var connected = mode == SandboxModes.Isolated ? attachments : [];
        SandboxRules.CheckAttachments(connected);
        var ports = SandboxRules.PortsOf(request, connected);
        var host = await ChooseHost(joined?.Host ?? request.Host, request.Wait).ConfigureAwait(true);
        var undo = new Compensation();
        try
        {
            var entry = await services.Retry(() => Catalog.ReserveSandbox(requestId, request.Name, host)).ConfigureAwait(true);
            undo.Add(() => services.Retry(() => Catalog.AbandonSandbox(requestId, entry.Id)));
            var busy = await ProbePorts(entry, ports, connected).ConfigureAwait(true);
            var record = RecordOf(entry, mode, request, joined);
            var targets = await ConnectAll(requestId, entry, record.Hostname, connected, undo).ConfigureAwait(true);
            record = record with { StartAfter = targets.Revisions };
            undo.Add(() => services.Retry(() => Roster(entry.Host).RemoveSandbox(entry.Id)));
            var added = await services.Retry(() => Roster(entry.Host)
                .AddSandbox(RequestId.Derive(requestId, $"roster/{entry.Id}"), record, ports, entry.Created, busy)).ConfigureAwait(true);
            var all = targets.Revisions.Add(new(Partitions.Roster(entry.Host), added.Revision));
            await WaitApplied(entry.Host, entry.Id, all, request.Wait, mustBeAlive: true).ConfigureAwait(true);
            return new SandboxDetails
            {
                Sandbox = added.Sandbox,
                Endpoints = targets.Endpoints,
                Joined = joined,
                Status = request.Wait == WaitMode.None ? null : await StatusOf(entry.Host, entry.Id).ConfigureAwait(true),
            };
        }
        catch (Exception error)
        {
            LogTakenBack(services.Log, request.Name ?? "", error.Message);
            foreach (var left in await undo.Run().ConfigureAwait(true))
                LogLeft(services.Log, request.Name ?? "", left.Message);
            throw;
        }
    }

    /// <summary>One network after the other: interfaces are numbered in this order.</summary>
    private async Task<(ImmutableArray<PartitionRevision> Revisions, ImmutableArray<AttachedEndpoint> Endpoints)> ConnectAll(
        Guid requestId, SandboxEntry entry, string hostname, ImmutableArray<Attachment> attachments, Compensation undo)
    {
        var revisions = ImmutableArray.CreateBuilder<PartitionRevision>();
        var endpoints = ImmutableArray.CreateBuilder<AttachedEndpoint>();
        DateTimeOffset? after = null;
        foreach (var (network, options) in attachments)
        {
            var step = RequestId.Derive(requestId, $"connect/{network.Id}/{entry.Id}");
            undo.Add(() => services.Retry(() => Network(network.Id).Abandon(step, entry.Id)));
            var reply = await services.Retry(() => Network(network.Id)
                .Connect(step, SandboxRules.EndpointOf(entry, hostname, options, after))).ConfigureAwait(true);
            after = reply.Endpoint.Created;
            revisions.Add(new(Partitions.Network(network.Id), reply.Revision));
            endpoints.Add(Attached(network, reply.Endpoint));
        }
        return (revisions.ToImmutable(), endpoints.ToImmutable());
    }

    private async Task<ImmutableArray<Attachment>> Resolve(CreateSandbox request)
    {
        var asked = request.Networks;
        if (asked.IsEmpty)
            asked = request.Mode == SandboxModes.Isolated ? [new NetworkAttachment { Network = Drivers.Bridge }] : [];
        return [.. await Task.WhenAll(asked.Select(async a => new Attachment(
            await services.Retry(() => Catalog.FindNetwork(a.Network)).ConfigureAwait(true), a.Options))).ConfigureAwait(true)];
    }

    private static SandboxRecord RecordOf(SandboxEntry entry, string mode, CreateSandbox request, SandboxRecord? joined) => new()
    {
        Id = entry.Id,
        Name = entry.Name,
        Host = entry.Host,
        Hostname = joined?.Hostname ?? request.Hostname ?? entry.Id.Short,
        Mode = mode,
        Joins = joined?.Id,
        ExtraHosts = request.ExtraHosts,
        DnsServers = request.DnsServers,
        DnsSearch = request.DnsSearch,
        DnsOptions = request.DnsOptions,
        Command = request.Command,
        Restart = request.Restart,
        RemoveOnExit = request.RemoveOnExit,
        Labels = request.Labels,
        Exposed = request.Exposed,
    };

    private static AttachedEndpoint Attached(NetworkRecord network, EndpointRecord endpoint) => new()
    {
        Network = network.Id,
        NetworkName = network.Name,
        Driver = network.Driver,
        Endpoint = endpoint,
        Subnets = network.Subnets,
    };

    private INetworkCatalogGrain Catalog => GrainFactory.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    private INetworkGrain Network(ObjectId id) => GrainFactory.GetGrain<INetworkGrain>(id.ToString());

    private IRosterGrain Roster(string host) => GrainFactory.GetGrain<IRosterGrain>(host);

    [LoggerMessage(31, LogLevel.Information, "sandbox '{Sandbox}' is taken back: {Problem}")]
    private static partial void LogTakenBack(ILogger log, string sandbox, string problem);

    [LoggerMessage(32, LogLevel.Warning, "sandbox '{Sandbox}': left for the audit: {Problem}")]
    private static partial void LogLeft(ILogger log, string sandbox, string problem);
}
