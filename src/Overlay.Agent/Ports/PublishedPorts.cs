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
        foreach (var sandbox in desired.Sandboxes.Values.Where(LeadNowhere))
            problems.Warn(sandbox.Record.Id, NowhereText(sandbox));
        foreach (var (sandbox, port) in wanted.Where(w => !_free.Contains(w)).ToArray())
        {
            if (Look(desired.Sandboxes[sandbox], port) is not { Message: var problem })
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

    private PortProblem? Look(DesiredSandbox sandbox, PublishedPort port)
    {
        var leader = FilterTranslator.LeaderOf(sandbox);
        return PortGuard.Look(host, port.Protocol, port.HostAddress, port.HostPort, v4: leader is null || Has(v4: true), v6: leader is not null && Has(v4: false));

        bool Has(bool v4) => leader.Addresses.Any(a => a.Address.IsV4 == v4);
    }

    // A sandbox without any network is meant to be unreachable.
    private static bool LeadNowhere(DesiredSandbox sandbox) =>
        !sandbox.Record.Ports.IsEmpty && !sandbox.Attachments.IsEmpty && FilterTranslator.LeaderOf(sandbox) is null;

    private static string NowhereText(DesiredSandbox sandbox) =>
        $"the published ports of sandbox {sandbox.Record.Name} lead nowhere: its default gateway is on no bridge or overlay network that leads outside; connect it to one (--gw-priority says which counts), or take them off with 'overlay port rm'";

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
