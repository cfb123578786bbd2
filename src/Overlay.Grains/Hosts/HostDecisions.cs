using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Fabric;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Hosts;

/// <summary>What each command on the host directory changes. Pure.</summary>
internal static class HostDecisions
{
    public static Decision<ImmutableDictionary<string, HostRecord>, ulong> Register(
        ImmutableDictionary<string, HostRecord> hosts, Moment moment, HostRecord host)
    {
        ObjectName.Require("host", host.Name);
        var known = hosts.GetValueOrDefault(host.Name);
        if (known is not null && known.MachineId != host.MachineId)
        {
            throw new RefusalException(
                ErrorCodes.HostTaken,
                $"host name '{host.Name}' belongs to another machine ({known.MachineId}); give this one another --host-name, or 'overlay host rm {host.Name}' if it replaces that one",
                ("host", host.Name), ("machine", known.MachineId));
        }
        if (hosts.Values.FirstOrDefault(h => h.Name != host.Name && h.TunnelAddress == host.TunnelAddress) is { } twin)
        {
            throw new RefusalException(
                ErrorCodes.HostTaken,
                $"tunnel address {host.TunnelAddress} belongs to host '{twin.Name}'; give {host.Name} another --tunnel-address",
                ("host", twin.Name), ("address", host.TunnelAddress.ToString()));
        }
        var record = host with { Registered = known?.Registered ?? moment.Now, Draining = known?.Draining ?? false };
        return known is not null && Same(known, record)
            ? Decision.Keep(hosts, moment.Revision - 1)
            : new(hosts.SetItem(host.Name, record), moment.Revision, [Decision.Put(Fields.Host(host.Name), record)]);
    }

    public static Decision<ImmutableDictionary<string, HostRecord>, RevisionReply> Drain(
        ImmutableDictionary<string, HostRecord> hosts, Moment moment, string name, bool draining)
    {
        var host = Require(hosts, name);
        if (host.Draining == draining)
            return Decision.Keep(hosts, new RevisionReply { Revision = moment.Revision - 1 });
        var turned = host with { Draining = draining };
        return new(hosts.SetItem(name, turned), new() { Revision = moment.Revision }, [Decision.Put(Fields.Host(name), turned)]);
    }

    /// <param name="host">As it was while it was down.</param>
    /// <param name="sandboxes">What was removed with it.</param>
    public static Decision<ImmutableDictionary<string, HostRecord>, ImmutableArray<string>> Remove(
        ImmutableDictionary<string, HostRecord> hosts, HostRecord host, ImmutableArray<string> sandboxes)
    {
        // It would not register again, and the others would not know where it is.
        if (Require(hosts, host.Name).Epoch != host.Epoch)
        {
            throw new RefusalException(
                ErrorCodes.NotRemovable,
                $"host '{host.Name}' has just come back, so it stays{(sandboxes.IsEmpty ? "" : $", without {string.Join(", ", sandboxes)}")}; stop its overlayd first",
                ("host", host.Name), ("removed", string.Join(",", sandboxes)));
        }
        return new(hosts.Remove(host.Name), sandboxes, [Decision.Delete(Fields.Host(host.Name))]);
    }

    public static HostRecord Require(ImmutableDictionary<string, HostRecord> hosts, string name) => hosts.GetValueOrDefault(name)
        ?? throw new RefusalException(
            ErrorCodes.UnknownHost,
            $"no host '{name}'{NearestName.Hint(name, hosts.Keys)}; the hosts are {(hosts.IsEmpty ? "none yet" : string.Join(", ", hosts.Keys.Order(StringComparer.Ordinal)))}",
            ("host", name), ("known", string.Join(",", hosts.Keys.Order(StringComparer.Ordinal))));

    // Records compare arrays by reference.
    private static bool Same(HostRecord a, HostRecord b) => a with { Routes = b.Routes } == b && a.Routes.SequenceEqual(b.Routes);
}
