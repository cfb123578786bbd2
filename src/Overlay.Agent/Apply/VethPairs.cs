using Overlay.Agent.Desired;
using Overlay.Agent.Sandboxes;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>Makes the veth pairs of one pass: each with its other end inside the sandbox from its first moment, under a
/// name that is free there.</summary>
internal sealed class VethPairs(DesiredHost desired, SandboxSpaces spaces)
{
    private readonly Dictionary<ObjectId, HashSet<string>> _names = [];

    /// <summary>What was planned to be made.</summary>
    public List<(AddVeth Pair, string Bridge, DesiredAttachment Attachment)> Made { get; } = [];

    /// <summary>Sandboxes that got a link.</summary>
    public IReadOnlyCollection<ObjectId> Touched => _names.Keys;

    public AddVeth? Make(DesiredLink link)
    {
        if (spaces.Find(link.Sandbox) is not { } space
            || desired.Sandboxes.GetValueOrDefault(link.Sandbox) is not { } sandbox
            || sandbox.Attachments.FirstOrDefault(a => a.HostLink == link.Name) is not { } attachment)
            return null;
        if (!_names.TryGetValue(link.Sandbox, out var taken))
            _names[link.Sandbox] = taken = SandboxPlanner.TakenNames(sandbox, space.DumpLinks().Select(l => l.Name));
        var name = SandboxPlanner.NameFor(attachment, taken);
        taken.Add(name);
        var pair = new AddVeth(link.Name, name, space) { PeerMac = attachment.Mac, PeerMtu = attachment.Mtu };
        Made.Add((pair, link.Master!, attachment));
        return pair;
    }
}
