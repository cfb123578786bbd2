using System.Collections.Immutable;
using Orleans.Concurrency;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Hosts;

/// <inheritdoc cref="IHostDirectoryGrain"/>
[Reentrant]
public sealed class HostDirectoryGrain(GrainServices services)
    : PartitionGrain<ImmutableDictionary<string, HostRecord>>(services), IHostDirectoryGrain
{
    protected override string PartitionName => Partitions.Hosts;

    protected override bool IsFed => true;

    public Task<ulong> Register(HostRecord host) => Partition.Execute((hosts, moment) => HostDecisions.Register(hosts, moment, host));

    public async Task<ImmutableArray<HostState>> List()
    {
        var sandboxes = await Services.Retry(() => Catalog.ListSandboxes()).ConfigureAwait(true);
        var counts = sandboxes.CountBy(s => s.Host).ToDictionary();
        var alive = Services.Hosts.All();
        return [.. State.Values.OrderBy(h => h.Name, StringComparer.Ordinal).Select(h => Describe(h, alive, counts))];
    }

    public async Task<HostState> Find(string name)
    {
        HostDecisions.Require(State, name);
        return (await List().ConfigureAwait(true)).First(h => h.Host.Name == name);
    }

    public async Task Remove(string name, bool force)
    {
        HostDecisions.Require(State, name);
        var sandboxes = await Services.Retry(() => GrainFactory.GetGrain<IRosterGrain>(name).ListSandboxes()).ConfigureAwait(true);
        var why = Services.Hosts.Contains(name) ? "its overlayd is running" : sandboxes.Length > 0 ? $"it has {sandboxes.Length} sandboxes" : null;
        if (why is not null && !force)
        {
            throw new RefusalException(
                ErrorCodes.NotRemovable, $"host '{name}' cannot be removed: {why}; stop it and remove them first, or use --force", ("host", name));
        }
        foreach (var sandbox in sandboxes)
        {
            var request = Guid.CreateVersion7(Partition.Now);
            await GrainFactory.GetGrain<ISandboxGrain>(sandbox.Id.ToString()).Remove(request, force: true, WaitMode.None).ConfigureAwait(true);
        }
        await Partition.Execute((hosts, _) => HostDecisions.Remove(hosts, name)).ConfigureAwait(true);
    }

    protected override ImmutableDictionary<string, HostRecord> Read(ImmutableDictionary<string, byte[]> fields) => fields
        .Where(f => f.Key.StartsWith(Fields.HostPrefix, StringComparison.Ordinal))
        .ToImmutableDictionary(f => f.Key[Fields.HostPrefix.Length..], f => RecordCodec.Decode<HostRecord>(f.Value));

    protected override void OnCommitted(FeedCursor cursor, IReadOnlyCollection<string> fields) => Hint(State.Keys, cursor.Revision);

    private INetworkCatalogGrain Catalog => GrainFactory.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    private static HostState Describe(HostRecord host, IReadOnlySet<string> alive, Dictionary<string, int> sandboxes) =>
        new() { Host = host, Alive = alive.Contains(host.Name), Sandboxes = sandboxes.GetValueOrDefault(host.Name) };
}
