using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Ports;

namespace Overlay.Grains.Hosts;

/// <summary>What a host must run, and the ports that follow from it.</summary>
public sealed record RosterState
{
    public static readonly RosterState Empty = new();

    public ImmutableDictionary<ObjectId, SandboxRecord> Sandboxes { get; private init; } = ImmutableDictionary<ObjectId, SandboxRecord>.Empty;

    /// <summary>Networks to follow, with the fence of the last Follow.</summary>
    public ImmutableDictionary<ObjectId, ulong> Follows { get; init; } = ImmutableDictionary<ObjectId, ulong>.Empty;

    /// <summary>May be ahead of <see cref="Sandboxes"/> by ports just taken.</summary>
    public HostPorts Ports { get; init; } = HostPorts.Empty;

    public static RosterState Read(ImmutableDictionary<string, byte[]> fields)
    {
        var state = Empty;
        foreach (var (field, bytes) in fields)
        {
            if (field.StartsWith(Fields.SandboxPrefix, StringComparison.Ordinal))
            {
                var sandbox = RecordCodec.Decode<SandboxRecord>(bytes);
                state = state.With(sandbox) with
                {
                    Ports = sandbox.Ports.Aggregate(state.Ports, (ports, p) => ports.With(p.Protocol, p.HostAddress, p.HostPort, sandbox.Name)),
                };
            }
            else if (field.StartsWith(Fields.NetworkPrefix, StringComparison.Ordinal))
            {
                var follow = RecordCodec.Decode<FollowRecord>(bytes);
                state = state with { Follows = state.Follows.Add(follow.Network, follow.Fence) };
            }
        }
        return state;
    }

    public RosterState With(SandboxRecord sandbox) => this with { Sandboxes = Sandboxes.SetItem(sandbox.Id, sandbox) };

    public RosterState Without(SandboxRecord sandbox) => this with
    {
        Sandboxes = Sandboxes.Remove(sandbox.Id),
        Ports = sandbox.Ports.Aggregate(Ports, (ports, p) => ports.Without(p.Protocol, p.HostAddress, p.HostPort)),
    };
}
