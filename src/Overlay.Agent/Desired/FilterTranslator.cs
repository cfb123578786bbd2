using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Desired;

/// <summary>What stands in the sets and maps of the host's table; its chains are <see cref="HostRuleset"/>'s.</summary>
internal static class FilterTranslator
{
    public static FilterElements Translate(
        HostView view, TranslatedNetwork[] present, ImmutableDictionary<ObjectId, DesiredSandbox> sandboxes)
    {
        if (present.Length == 0)
            return FilterElements.Empty;
        var sets = HostRuleset.Sets.ToDictionary(name => name, _ => ImmutableDictionary.CreateBuilder<string, string>());
        foreach (var network in present)
            AddNetwork(sets, network.View.Spec);
        foreach (var host in view.Hosts.Values)
            sets[host.TunnelAddress.IsV4 ? HostRuleset.Members4 : HostRuleset.Members6][host.TunnelAddress.ToString()] = "";
        var networks = present.ToDictionary(n => n.View.Id, n => n.View.Spec);
        foreach (var sandbox in sandboxes.Values)
            AddPorts(sets, sandbox, networks);
        return new(sets.ToImmutableDictionary(s => s.Key, s => s.Value.ToImmutable()));
    }

    /// <summary>The attachment that published ports lead to: the one with the default gateway. Null: on a physical network the
    /// host cannot reach its own sandboxes, and internal networks have no gateway.</summary>
    public static DesiredAttachment? LeaderOf(DesiredSandbox sandbox) =>
        sandbox.Attachments.FirstOrDefault(a => !a.Gateways.IsEmpty) is { SubLink: null } leader ? leader : null;

    private static void AddNetwork(Dictionary<string, ImmutableDictionary<string, string>.Builder> sets, NetworkRecord network)
    {
        var link = $"\"{LinkNames.Bridge(network)}\"";
        sets[HostRuleset.OwnLinks][link] = "";
        sets[HostRuleset.SameLink][$"{link} . {link}"] = "";
        if (network.Driver == "overlay")
            sets[HostRuleset.Vnis][$"0x{network.Vni:x}"] = "";
        if (network.Internal)
            sets[HostRuleset.InternalLinks][link] = "";
        else if (NetworkOptions.IsOn(network, NetworkOptions.EnableMasquerade, otherwise: true))
            sets[HostRuleset.NatLinks][link] = "";
        if (!NetworkOptions.IsOn(network, NetworkOptions.EnableIcc, otherwise: true))
            sets[HostRuleset.ClosedLinks][link] = "";
    }

    private static void AddPorts(
        Dictionary<string, ImmutableDictionary<string, string>.Builder> sets, DesiredSandbox sandbox, Dictionary<ObjectId, NetworkRecord> networks)
    {
        if (sandbox.Record.Ports.IsEmpty || LeaderOf(sandbox) is not { } leader)
            return;
        foreach (var port in sandbox.Record.Ports)
        {
            foreach (var target in leader.Addresses.Select(a => a.Address).DistinctBy(a => a.IsV4))
            {
                var at = port.HostAddress ?? BindingOf(networks[leader.Network], target.IsV4);
                if (at is { } address && address.IsV4 != target.IsV4)
                    continue;
                var value = $"{target} . {port.SandboxPort}";
                if (at is null || at.Value.Value == 0 || at == Address.V4(0))
                    sets[target.IsV4 ? HostRuleset.PortsAny4 : HostRuleset.PortsAny6][$"{HostRuleset.NumberOf(port.Protocol)} . {port.HostPort}"] = value;
                else
                    sets[target.IsV4 ? HostRuleset.PortsAt4 : HostRuleset.PortsAt6][$"{HostRuleset.NumberOf(port.Protocol)} . {at} . {port.HostPort}"] = value;
            }
        }
    }

    private static Address? BindingOf(NetworkRecord network, bool v4) =>
        v4 && network.Options.TryGetValue(NetworkOptions.HostBinding, out var text) && Address.TryParse(text, out var address) ? address : null;
}
