using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Desired;

/// <summary>What the kernel of this host should hold; made from a view by pure functions.</summary>
public sealed record DesiredHost
{
    /// <summary>Bottom up: bridges, then tunnels, then sandboxes' links.</summary>
    public ImmutableArray<DesiredLink> Links { get; init; } = [];

    /// <summary>Of <see cref="HostRuleset"/>.</summary>
    public FilterElements Filter { get; init; } = FilterElements.Empty;

    /// <summary>Of <see cref="SourceGuard"/>.</summary>
    public FilterElements Guard { get; init; } = FilterElements.Empty;

    public ImmutableDictionary<ObjectId, DesiredSandbox> Sandboxes { get; init; } = ImmutableDictionary<ObjectId, DesiredSandbox>.Empty;

    /// <summary>Some network carries IPv6: the host forwards it.</summary>
    public bool RoutesV6 { get; init; }

    /// <summary>Bridges are here, so the host forwards and filters; else its settings are put back as they were.</summary>
    public bool Carries { get; init; }

    /// <summary>What cannot be made from the view, by object.</summary>
    public ImmutableDictionary<ObjectId, string> Problems { get; init; } = ImmutableDictionary<ObjectId, string>.Empty;
}

/// <summary>A sandbox with its own namespace, or (modes host and container) only with a command.</summary>
public sealed record DesiredSandbox
{
    public required SandboxRecord Record { get; init; }

    /// <summary>The sandbox whose network stack it uses; null: its own, or the host's.</summary>
    public SandboxRecord? Joined { get; init; }

    /// <summary>In the order of their connection.</summary>
    public ImmutableArray<DesiredAttachment> Attachments { get; init; } = [];

    /// <summary>It asks us for names; otherwise it has the host's resolv.conf.</summary>
    public bool HasNames { get; init; }

    /// <summary>Nothing to do in its namespace unless the kernel has changed.</summary>
    public bool SameAs(DesiredSandbox other) => ReferenceEquals(this, other) ||
        ReferenceEquals(Record, other.Record) && ReferenceEquals(Joined, other.Joined) && HasNames == other.HasNames && Attachments.SequenceEqual(other.Attachments, AttachmentComparer.Instance);

    /// <summary>With the parents' MTU where none was chosen: the kernel takes it down to their links, but not up again.</summary>
    public DesiredSandbox On(IReadOnlyDictionary<string, Link> hostLinks) => Attachments.Any(a => a is { SubLink: not null, Mtu: 0 })
        ? this with { Attachments = [.. Attachments.Select(a => a is { SubLink: { } sub, Mtu: 0 } && hostLinks.TryGetValue(sub.Parent, out var parent) ? a with { Mtu = parent.Mtu } : a)] }
        : this;

    public bool HasNamespace => Record.HasNamespace();
}

/// <summary>The sandbox's end of one endpoint.</summary>
public sealed record DesiredAttachment
{
    public required ObjectId Endpoint { get; init; }

    public required ObjectId Network { get; init; }

    /// <summary>The veth end in the host namespace. A <see cref="SubLink"/> has this name until it has its own.</summary>
    public required string HostLink { get; init; }

    /// <summary>Null: a veth pair.</summary>
    public DesiredSubLink? SubLink { get; init; }

    /// <summary>The mark of a <see cref="SubLink"/>.</summary>
    public required string Alias { get; init; }

    /// <summary>Null: the first free number behind <see cref="InterfacePrefix"/>.</summary>
    public string? InterfaceName { get; init; }

    public string InterfacePrefix { get; init; } = "eth";

    /// <summary>Settings of the interface that a user has chosen: net.ipv4.conf.IFNAME.log_martians.</summary>
    public ImmutableDictionary<string, string> Sysctls { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Null: the link has its parent's.</summary>
    public required MacAddress? Mac { get; init; }

    /// <summary>0: its parent's, see <see cref="DesiredSandbox.On"/>.</summary>
    public required int Mtu { get; init; }

    public ImmutableArray<DesiredAddress> Addresses { get; init; } = [];

    /// <summary>Default gateways, one per family; empty where another attachment leads out, or none does.</summary>
    public ImmutableArray<Address> Gateways { get; init; } = [];

    /// <summary>It leads outside by itself: the default route names the link and no gateway.</summary>
    public bool IsDefault { get; init; }

    public bool LeadsOut(bool v4) => IsDefault ? Addresses.Any(a => a.Address.IsV4 == v4) : Gateways.Any(g => g.IsV4 == v4);
}

internal sealed class AttachmentComparer : IEqualityComparer<DesiredAttachment>
{
    public static readonly AttachmentComparer Instance = new();

    public bool Equals(DesiredAttachment? a, DesiredAttachment? b) =>
        a is not null && b is not null
        && a.Addresses.SequenceEqual(b.Addresses) && a.Gateways.SequenceEqual(b.Gateways)
        && a with { Addresses = [], Gateways = [] } == b with { Addresses = [], Gateways = [] };

    public int GetHashCode(DesiredAttachment attachment) => attachment.Endpoint.GetHashCode();
}

/// <summary>Elements of the sets and maps in the host's nftables table: set → key → value ("" in sets), as nft prints them.</summary>
public sealed record FilterElements(ImmutableDictionary<string, ImmutableDictionary<string, string>> Sets)
{
    public static readonly FilterElements Empty = new(ImmutableDictionary<string, ImmutableDictionary<string, string>>.Empty);

    public ImmutableDictionary<string, string> this[string set] => Sets.GetValueOrDefault(set) ?? ImmutableDictionary<string, string>.Empty;

    public bool SameAs(FilterElements other) =>
        ReferenceEquals(this, other) || Sets.Count == other.Sets.Count && Sets.All(set => other[set.Key] is var there && there.Count == set.Value.Count
            && set.Value.All(e => there.TryGetValue(e.Key, out var value) && value == e.Value));

    /// <summary>The same with other elements in place of some.</summary>
    public FilterElements Replace(FilterElements some, FilterElements others)
    {
        var sets = Sets;
        foreach (var (set, elements) in some.Sets.Where(s => !s.Value.IsEmpty))
            sets = sets.SetItem(set, this[set].RemoveRange(elements.Keys));
        foreach (var (set, elements) in others.Sets)
            sets = sets.SetItem(set, (sets.GetValueOrDefault(set) ?? elements.Clear()).SetItems(elements));
        return new(sets);
    }

    /// <summary>Without those that name one of these links.</summary>
    public FilterElements WithoutLinks(IReadOnlySet<string> links) => links.Count == 0
        ? this
        : new(Sets.ToImmutableDictionary(set => set.Key, set => set.Value.RemoveRange(
            set.Value.Keys.Where(key => links.Any(link => key.Contains($"\"{link}\"", StringComparison.Ordinal))))));

    /// <summary>These elements, and those of <paramref name="others"/> that these do not name.</summary>
    public FilterElements Over(FilterElements others) =>
        new(Sets.Keys.Union(others.Sets.Keys).ToImmutableDictionary(set => set, set => others[set].SetItems(this[set])));
}
