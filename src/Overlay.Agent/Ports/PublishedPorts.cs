using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Ports;

/// <summary>
/// Lets a port be published only where no program of the host listens on it. A port is looked at once, before its first
/// packet is taken; what binds it later gets no packets, and that is its own to notice.
/// </summary>
internal sealed class PublishedPorts(INetNamespace host)
{
    private HashSet<(ObjectId Sandbox, PublishedPort Port)>? _admitted;

    /// <summary>The elements without those of ports that are taken; for these, a problem of their sandbox.</summary>
    public FilterElements Admit(DesiredHost desired, Problems problems)
    {
        var wanted = (from sandbox in desired.Sandboxes.Values from port in sandbox.Record.Ports select (sandbox.Record.Id, port)).ToHashSet();
        // The first time, they were published by an earlier life of this agent.
        var admitted = _admitted ?? wanted;
        admitted.IntersectWith(wanted);
        var elements = desired.Filter;
        foreach (var (sandbox, port) in wanted.Where(w => !admitted.Contains(w)).ToArray())
        {
            if (PortGuard.Holder(host, port) is { } problem)
            {
                problems.Add(sandbox, problem);
                elements = Without(elements, desired.Sandboxes[sandbox], port);
            }
            else
            {
                admitted.Add((sandbox, port));
            }
        }
        _admitted = admitted;
        return elements;
    }

    // By target too: another sandbox may hold the same port at another address of the host.
    private static FilterElements Without(FilterElements elements, DesiredSandbox sandbox, PublishedPort port)
    {
        var targets = sandbox.Attachments.SelectMany(a => a.Addresses).Select(a => $"{a.Address} . {port.SandboxPort}").ToHashSet();
        var sets = elements.Sets;
        foreach (var set in HostRuleset.PortSets)
        {
            var keys = elements[set].Where(e => targets.Contains(e.Value) && IsOf(port, e.Key)).Select(e => e.Key);
            sets = sets.SetItem(set, elements[set].RemoveRange(keys));
        }
        return new(sets);
    }

    private static bool IsOf(PublishedPort port, string key) =>
        key.StartsWith(HostRuleset.NumberOf(port.Protocol) + " .", StringComparison.Ordinal)
        && key.EndsWith(port.HostAddress is { } at && at.Value != 0 && at != Address.V4(0) ? $". {at} . {port.HostPort}" : $". {port.HostPort}", StringComparison.Ordinal);
}
