using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Desired;

internal static class SandboxTranslator
{
    public static ImmutableDictionary<ObjectId, DesiredSandbox> Translate(
        HostView view, TranslatedNetwork[] present, ImmutableHashSet<ObjectId> ending, ObjectMark mark)
    {
        var attached = (from network in present from endpoint in network.Local select (network, endpoint)).ToLookup(x => x.endpoint.Sandbox);
        return view.Sandboxes.Values
            .Where(sandbox => IsHere(sandbox) && (sandbox.Joins is not { } joined || IsHere(view.Sandboxes.GetValueOrDefault(joined))))
            .ToImmutableDictionary(sandbox => sandbox.Id, sandbox => Sandbox(sandbox, view, [.. attached[sandbox.Id]], mark));

        bool IsHere(SandboxRecord? sandbox) => sandbox is not null && (sandbox.Started || ending.Contains(sandbox.Id));
    }

    private static DesiredSandbox Sandbox(SandboxRecord record, HostView view, (TranslatedNetwork Network, EndpointRecord Endpoint)[] attached, ObjectMark mark)
    {
        if (record.Mode != SandboxModes.Isolated)
            return new() { Record = record, Joined = record.Joins is { } joined ? view.Sandboxes[joined] : null };
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
