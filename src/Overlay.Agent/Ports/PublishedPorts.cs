using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Ports;

/// <summary>
/// Lets a port be published only where no program of the host listens on it. A port is looked at before its first packet
/// is taken, and once more in each life of the agent: one that was published before stays so, for someone relies on it,
/// and a warning names the program that gets none of its packets.
/// </summary>
/// <param name="published">The elements that the kernel has.</param>
internal sealed class PublishedPorts(INetNamespace host, Func<FilterElements> published)
{
    private readonly HashSet<(ObjectId Sandbox, PublishedPort Port)> _free = [];
    private FilterElements? _before;

    /// <summary>The elements without those of new ports that are taken; these are a problem of their sandbox.</summary>
    public FilterElements Admit(DesiredHost desired, Problems problems)
    {
        var wanted = (from sandbox in desired.Sandboxes.Values from port in sandbox.Record.Ports select (sandbox.Record.Id, port)).ToHashSet();
        _free.IntersectWith(wanted);
        _before ??= wanted.Count == 0 ? FilterElements.Empty : published();
        var elements = desired.Filter;
        foreach (var (sandbox, port) in wanted.Where(w => !_free.Contains(w)).ToArray())
        {
            if (PortGuard.Holder(host, port) is not { } problem)
            {
                _free.Add((sandbox, port));
                continue;
            }
            var own = ElementsOf(elements, desired.Sandboxes[sandbox], port);
            if (own.Length > 0 && own.All(e => _before[e.Set].GetValueOrDefault(e.Key) == elements[e.Set][e.Key]))
            {
                problems.Warn(sandbox, problem);
                continue;
            }
            problems.Add(sandbox, problem);
            foreach (var (set, key) in own)
                elements = new(elements.Sets.SetItem(set, elements[set].Remove(key)));
        }
        return elements;
    }

    // By target too: another sandbox may hold the same port at another address of the host.
    private static (string Set, string Key)[] ElementsOf(FilterElements elements, DesiredSandbox sandbox, PublishedPort port)
    {
        var targets = sandbox.Attachments.SelectMany(a => a.Addresses).Select(a => $"{a.Address} . {port.SandboxPort}").ToHashSet();
        return [.. from set in HostRuleset.PortSets from e in elements[set] where targets.Contains(e.Value) && IsOf(port, e.Key) select (set, e.Key)];
    }

    private static bool IsOf(PublishedPort port, string key) =>
        key.StartsWith(HostRuleset.NumberOf(port.Protocol) + " .", StringComparison.Ordinal)
        && key.EndsWith(port.HostAddress is { } at && at.Value != 0 && at != Address.V4(0) ? $". {at} . {port.HostPort}" : $". {port.HostPort}", StringComparison.Ordinal);
}
