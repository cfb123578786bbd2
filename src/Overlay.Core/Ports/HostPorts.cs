using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Ports;

/// <summary>
/// Which ports of one host are published, and by whom. A port on every address (or on every IPv4, 0.0.0.0, or IPv6,
/// ::, address) collides with the same port on each address it covers.
/// </summary>
public sealed class HostPorts
{
    /// <summary>Linux's own ephemeral range, and Docker's choice.</summary>
    public const int FirstChosen = 32768;
    public const int LastChosen = 60999;

    public static readonly HostPorts Empty = new(ImmutableDictionary<(string, int), ImmutableArray<Holding>>.Empty, FirstChosen);

    private readonly ImmutableDictionary<(string Protocol, int Port), ImmutableArray<Holding>> _taken;
    private readonly int _cursor;

    private HostPorts(ImmutableDictionary<(string, int), ImmutableArray<Holding>> taken, int cursor)
    {
        _taken = taken;
        _cursor = cursor;
    }

    /// <summary>Who holds a port that collides with this one; null: it is free.</summary>
    public string? HolderOf(string protocol, Address? address, int port)
    {
        foreach (var holding in _taken.GetValueOrDefault((protocol, port), []))
        {
            if (Collide(holding.Address, address))
                return holding.Holder;
        }
        return null;
    }

    /// <summary>Takes the port of a mapping, choosing it where the mapping leaves it open.</summary>
    /// <param name="isBusy">By protocol and number: a program of the host has it, so it is not chosen.</param>
    /// <exception cref="RefusalException">port-taken, naming the holder.</exception>
    public HostPorts Take(PortMapping mapping, string holder, out int hostPort, Func<string, int, bool>? isBusy = null)
    {
        hostPort = mapping switch
        {
            { HostPort: { } first, HostPortLast: { } last } => FirstFree(first, last) ?? throw NoneFree(mapping, first, last),
            { HostPort: { } fixedPort } => RequireFree(mapping, fixedPort),
            _ => FirstFree(_cursor, LastChosen) ?? FirstFree(FirstChosen, _cursor - 1) ?? throw NoneFree(mapping, FirstChosen, LastChosen),
        };
        var cursor = mapping.HostPort is not null ? _cursor : hostPort == LastChosen ? FirstChosen : hostPort + 1;
        return Add(mapping.Protocol, mapping.HostAddress, hostPort, holder, cursor);

        int? FirstFree(int from, int to)
        {
            for (var port = from; port <= to; port++)
            {
                if (HolderOf(mapping.Protocol, mapping.HostAddress, port) is null && isBusy?.Invoke(mapping.Protocol, port) is not true)
                    return port;
            }
            return null;
        }
    }

    /// <summary>A port that is known to be published already.</summary>
    public HostPorts With(string protocol, Address? address, int port, string holder) => Add(protocol, address, port, holder, _cursor);

    public HostPorts Without(string protocol, Address? address, int port)
    {
        var rest = _taken.GetValueOrDefault((protocol, port), []).RemoveAll(h => h.Address == address);
        return new(rest.IsEmpty ? _taken.Remove((protocol, port)) : _taken.SetItem((protocol, port), rest), _cursor);
    }

    private HostPorts Add(string protocol, Address? address, int port, string holder, int cursor) =>
        new(_taken.SetItem((protocol, port), _taken.GetValueOrDefault((protocol, port), []).Add(new(address, holder))), cursor);

    private int RequireFree(PortMapping mapping, int port) => HolderOf(mapping.Protocol, mapping.HostAddress, port) is { } holder
        ? throw new RefusalException(
            ErrorCodes.PortTaken,
            $"host port {port}/{mapping.Protocol} is published by sandbox '{holder}'; use another, or leave the host port out and one is chosen",
            ("port", $"{port}/{mapping.Protocol}"), ("holder", holder))
        : port;

    private static RefusalException NoneFree(PortMapping mapping, int first, int last) => new(
        ErrorCodes.PortTaken,
        $"every host port from {first} to {last}/{mapping.Protocol} is published, or used by a program of the host; name a free one",
        ("port", $"{first}-{last}/{mapping.Protocol}"));

    private static bool Collide(Address? a, Address? b) =>
        a == b || Covers(a, b) || Covers(b, a);

    private static bool Covers(Address? wide, Address? narrow) =>
        wide is not { } address || (IsAny(address) && (narrow is not { } other || other.IsV4 == address.IsV4));

    private static bool IsAny(Address address) => address == Address.V4(0) || address.Value == 0;

    private readonly record struct Holding(Address? Address, string Holder);
}
