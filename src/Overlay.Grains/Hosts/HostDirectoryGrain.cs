using System.Collections.Immutable;
using System.Globalization;
using Orleans.Concurrency;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Requests;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Hosts;

/// <inheritdoc cref="IHostDirectoryGrain"/>
[Reentrant]
public sealed class HostDirectoryGrain(GrainServices services)
    : PartitionGrain<ImmutableDictionary<string, HostRecord>>(services), IHostDirectoryGrain
{
    private const int NamesInARefusal = 5;

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

    public async Task<ulong> Drain(Guid requestId, string name, bool draining)
    {
        var reply = await Partition.ExecuteOnce(requestId, $"host drain {name} {draining}", RecordJson.Default.RevisionReply,
            (hosts, moment) => HostDecisions.Drain(hosts, moment, name, draining)).ConfigureAwait(true);
        return reply.Revision;
    }

    public async Task<ImmutableArray<string>> Remove(Guid requestId, string name, bool force)
    {
        var call = $"host rm {name}";
        if (Partition.TryReplay(requestId, call, RecordJson.Default.ImmutableArrayString, out var earlier))
            return earlier;
        var host = HostDecisions.Require(State, name);
        var sandboxes = await Services.Retry(() => GrainFactory.GetGrain<IRosterGrain>(name).ListSandboxes()).ConfigureAwait(true);
        if (Services.Hosts.Contains(name))
        {
            // It would only register again.
            throw new RefusalException(
                ErrorCodes.NotRemovable, $"host '{name}' cannot be removed: its overlayd is running; stop that first", ("host", name));
        }
        if (sandboxes.Length > 0 && !force)
        {
            throw new RefusalException(
                ErrorCodes.NotRemovable,
                $"host '{name}' has {sandboxes.Length} sandboxes ({SomeOf(sandboxes)}); remove them first, or with it by --force",
                ("host", name), ("sandboxes", sandboxes.Length.ToString(CultureInfo.InvariantCulture)));
        }
        foreach (var sandbox in sandboxes)
        {
            var request = RequestId.Derive(requestId, $"sandbox/{sandbox.Id}");
            await Services.Retry(() => GrainFactory.GetGrain<ISandboxGrain>(sandbox.Id.ToString()).Remove(request, force: true, WaitMode.None)).ConfigureAwait(true);
        }
        ImmutableArray<string> removed = [.. sandboxes.Select(s => s.Name)];
        removed = await Partition.ExecuteOnce(requestId, call, RecordJson.Default.ImmutableArrayString,
            (hosts, _) => HostDecisions.Remove(hosts, host, removed)).ConfigureAwait(true);
        var networks = await Services.Retry(() => Catalog.ListNetworks()).ConfigureAwait(true);
        await Task.WhenAll(networks.Select(n => Services.Retry(() => GrainFactory.GetGrain<INetworkGrain>(n.Id.ToString()).HostRemoved(name)))).ConfigureAwait(true);
        return removed;
    }

    protected override ImmutableDictionary<string, HostRecord> Read(ImmutableDictionary<string, byte[]> fields) => fields
        .Where(f => f.Key.StartsWith(Fields.HostPrefix, StringComparison.Ordinal))
        .ToImmutableDictionary(f => f.Key[Fields.HostPrefix.Length..], f => RecordCodec.Decode<HostRecord>(f.Value));

    protected override void OnCommitted(FeedCursor cursor, IReadOnlyCollection<string> fields) => Hint(State.Keys, cursor.Revision);

    private static string SomeOf(ImmutableArray<SandboxRecord> sandboxes) =>
        string.Join(", ", sandboxes.Take(NamesInARefusal).Select(s => s.Name)) + (sandboxes.Length > NamesInARefusal ? ", …" : "");

    private INetworkCatalogGrain Catalog => GrainFactory.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    private static HostState Describe(HostRecord host, IReadOnlySet<string> alive, Dictionary<string, int> sandboxes) =>
        new() { Host = host, Alive = alive.Contains(host.Name), Sandboxes = sandboxes.GetValueOrDefault(host.Name) };
}
