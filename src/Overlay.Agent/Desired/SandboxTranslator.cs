using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Desired;

/// <summary>Sandboxes in kernel words. One is made again only when its record, an endpoint of it, or what it takes from a network has
/// changed: equal references mean 'no change'.</summary>
internal sealed class SandboxTranslator(ObjectMark mark)
{
    private readonly Dictionary<ObjectId, (TranslatedNetwork Network, EndpointRecord Endpoint)[]> _attached = [];

    /// <summary>Of the last translation.</summary>
    public ImmutableDictionary<ObjectId, DesiredSandbox> Current { get; private set; } = ImmutableDictionary<ObjectId, DesiredSandbox>.Empty;

    /// <summary>Returns what differs from the translation before; null on a side: the sandbox was not, or is not, there.</summary>
    public IReadOnlyList<(DesiredSandbox? Before, DesiredSandbox? Now)> Translate(HostView view, TranslatedNetwork[] present, ImmutableHashSet<ObjectId> ending)
    {
        var changes = new List<(DesiredSandbox?, DesiredSandbox?)>();
        var attached = (from network in present from endpoint in network.Local select (network, endpoint)).ToLookup(x => x.endpoint.Sandbox);
        var result = Current.ToBuilder();
        foreach (var (id, gone) in Current.Where(s => !(view.Sandboxes.TryGetValue(s.Key, out var record) && BelongsHere(record, view, ending))))
        {
            result.Remove(id);
            _attached.Remove(id);
            changes.Add((gone, null));
        }
        foreach (var record in view.Sandboxes.Values.Where(sandbox => BelongsHere(sandbox, view, ending)))
        {
            (TranslatedNetwork Network, EndpointRecord Endpoint)[] own = [.. attached[record.Id]];
            var (before, joined) = (Current.GetValueOrDefault(record.Id), JoinedBy(record, view));
            if (before is not null && ReferenceEquals(before.Record, record) && ReferenceEquals(before.Joined, joined) && AreLike(_attached[record.Id], own))
                continue;
            _attached[record.Id] = own;
            changes.Add((before, result[record.Id] = Sandbox(record, joined, own, mark)));
        }
        Current = result.ToImmutable();
        return changes;
    }

    // One that joins another is here as long as that one is.
    private static bool BelongsHere(SandboxRecord sandbox, HostView view, ImmutableHashSet<ObjectId> ending) =>
        IsHere(sandbox, ending) && (sandbox.Joins is not { } joined || IsHere(view.Sandboxes.GetValueOrDefault(joined), ending));

    private static bool IsHere(SandboxRecord? sandbox, ImmutableHashSet<ObjectId> ending) => sandbox is not null && (sandbox.Started || ending.Contains(sandbox.Id));

    private static SandboxRecord? JoinedBy(SandboxRecord sandbox, HostView view) =>
        sandbox.Mode != SandboxModes.Isolated && sandbox.Joins is { } joined ? view.Sandboxes[joined] : null;

    private static bool AreLike((TranslatedNetwork Network, EndpointRecord Endpoint)[] these, (TranslatedNetwork Network, EndpointRecord Endpoint)[] those)
    {
        if (these.Length != those.Length)
            return false;
        for (var i = 0; i < these.Length; i++)
        {
            if (!ReferenceEquals(these[i].Endpoint, those[i].Endpoint) || !these[i].Network.GivesTheSameAs(those[i].Network))
                return false;
        }
        return true;
    }

    private static DesiredSandbox Sandbox(SandboxRecord record, SandboxRecord? joined, (TranslatedNetwork Network, EndpointRecord Endpoint)[] attached, ObjectMark mark)
    {
        if (record.Mode != SandboxModes.Isolated)
            return new() { Record = record, Joined = joined };
        var leader = attached
            .Where(a => !a.Network.View.Spec.Internal)
            .OrderByDescending(a => a.Endpoint.GatewayPriority)
            .ThenBy(a => a.Network.View.Spec.Name, StringComparer.Ordinal)
            .Select(a => a.Endpoint.Id)
            .FirstOrDefault();
        return new()
        {
            Record = record,
            Attachments =
            [
                .. attached.OrderBy(a => a.Endpoint.Created).ThenBy(a => a.Endpoint.Id)
                    .Select(a => Attachment(a.Network, a.Endpoint, a.Endpoint.Id == leader, mark)),
            ],
            HasNames = attached.Any(a => !a.Network.View.Spec.BuiltIn),
        };
    }

    private static DesiredAttachment Attachment(TranslatedNetwork network, EndpointRecord endpoint, bool leads, ObjectMark mark)
    {
        var (subnets, sub) = (network.View.Spec.Subnets, network.SubLink);
        return new()
        {
            Endpoint = endpoint.Id,
            Network = network.View.Id,
            HostLink = LinkNames.Endpoint(endpoint.Id),
            InterfaceName = endpoint.InterfaceName,
            Sysctls = endpoint.Sysctls ?? ImmutableDictionary<string, string>.Empty,
            InterfacePrefix = network.View.Spec.Options.GetValueOrDefault(NetworkOptions.InterfacePrefix) is { Length: > 0 } prefix ? prefix : "eth",
            SubLink = sub,
            Alias = mark.Of(endpoint.Id),
            Mac = sub is { HasParentsMac: true } ? null : endpoint.Mac,
            Mtu = network.Mtu,
            Addresses = [.. endpoint.Addresses.Select(a => new DesiredAddress(a, LengthOf(subnets, a)))],
            Gateways = leads && sub is not { IsRouted: true } ? Gateways(subnets, endpoint.Addresses) : [],
            IsDefault = leads && sub is { IsRouted: true },
        };
    }

    private static ImmutableArray<Address> Gateways(ImmutableArray<SubnetRecord> subnets, ImmutableArray<Address> addresses) =>
    [
        .. subnets
            .Where(s => s.Gateway is not null && addresses.Any(s.Prefix.Contains))
            .DistinctBy(s => s.Prefix.IsV4)
            .Select(s => s.Gateway!.Value),
    ];

    private static int LengthOf(ImmutableArray<SubnetRecord> subnets, Address address) =>
        subnets.Where(s => s.Prefix.Contains(address)).Select(s => (int?)s.Prefix.Length).FirstOrDefault() ?? address.Bits;
}
