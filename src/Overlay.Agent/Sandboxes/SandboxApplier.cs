using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Agent.Names;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Names;
using Overlay.Linux;

namespace Overlay.Agent.Sandboxes;

/// <summary>Makes each sandbox's namespace as it should be: links, names, files, command.</summary>
internal sealed class SandboxApplier(
    AgentPaths paths, ObjectMark mark, INetNamespace host, SandboxSpaces spaces, SandboxNames names, SandboxFiles files, CommandSupervisor commands,
    AddressProbes probes)
{
    private readonly Dictionary<ObjectId, DesiredSandbox> _applied = [];
    private readonly Dictionary<ObjectId, FilterTable> _tables = [];
    private readonly ChosenSettings _chosen = new();
    private readonly Dictionary<ObjectId, IReadOnlyCollection<Announcement>> _unsaid = [];

    /// <summary>Returns the sandboxes whose namespace was made, or given back its name.</summary>
    public IReadOnlySet<ObjectId> EnsureNamespaces(DesiredHost desired, PassScope scope, IReadOnlySet<ObjectId> ending, Problems problems)
    {
        var changed = new HashSet<ObjectId>();
        _chosen.KeepOnly(desired);
        foreach (var gone in _applied.Keys.Concat(_unsaid.Keys).Concat(_tables.Keys).Where(id => !desired.Sandboxes.ContainsKey(id)).ToArray())
        {
            Forget(gone);
            _unsaid.Remove(gone);
        }
        foreach (var sandbox in desired.Sandboxes.Values.Where(s => s.HasNamespace && !ending.Contains(s.Record.Id)))
        {
            try
            {
                var change = spaces.Ensure(sandbox, scope.Everything || scope.Names || scope.Sandboxes.ContainsKey(sandbox.Record.Id));
                if (change != SpaceChange.None)
                    changed.Add(sandbox.Record.Id);
                if (change == SpaceChange.Made)
                {
                    LeaveBehind(sandbox.Record.Id, desired);
                    _tables[sandbox.Record.Id] = Table(sandbox.Record.Id, isNew: true);
                }
            }
            catch (Exception error) when (error is KernelException or IOException or UnauthorizedAccessException)
            {
                problems.Add(sandbox.Record.Id, error.Message);
            }
        }
        return changed;
    }

    /// <summary>Returns how many writes it took.</summary>
    public int Apply(
        DesiredHost desired, HostView view, IReadOnlyDictionary<string, Link> hostLinks, PassScope scope, ResolvConf resolver, Problems problems)
    {
        var writes = 0;
        probes.Keep(desired.Sandboxes.ContainsKey);
        // A command that joins another sandbox's namespace starts when that one is as it should be.
        foreach (var wanted in desired.Sandboxes.Values.Where(s => s.Joined is null).Concat(desired.Sandboxes.Values.Where(s => s.Joined is not null)))
        {
            var sandbox = wanted.On(hostLinks);
            var before = _applied.GetValueOrDefault(sandbox.Record.Id);
            if (before?.SameAs(sandbox) == true && !scope.Everything && !scope.Sandboxes.ContainsKey(sandbox.Record.Id))
                continue;
            writes += ApplyAll(sandbox, view, hostLinks, scope, before is null, resolver, problems);
        }
        return writes;
    }

    private int ApplyAll(
        DesiredSandbox sandbox, HostView view, IReadOnlyDictionary<string, Link> hostLinks, PassScope scope, bool first, ResolvConf resolver, Problems problems)
    {
        var id = sandbox.Record.Id;
        var writes = 0;
        var mine = new Problems();
        var mayStart = view.MayStart(sandbox.Record) && (sandbox.Joined is not { } joined || MayJoin(id, joined, problems, mine));
        try
        {
            if (spaces.Find(id) is { } space)
                writes = Apply(sandbox, space, view, hostLinks, scope, first, resolver, mine);
            else if (!sandbox.HasNamespace && sandbox.Record.HasFiles())
                writes = files.Apply(sandbox, resolver);
            if (sandbox.Record.Started && mine.Count == 0 && mayStart && !problems.Has(id) && !probes.IsAwaited(id))
                commands.Follow(sandbox.Record, sandbox.Joined ?? sandbox.Record);
        }
        catch (Exception error)
        {
            // Whatever it is: it is this sandbox's, and the others go on.
            mine.Add(id, error.Message);
        }
        foreach (var (owner, problem) in mine.ToImmutable())
            problems.Add(owner == default ? id : owner, problem);
        if (mine.Count == 0 && mayStart)
            _applied[id] = sandbox;
        else
            Forget(id);
        return writes;
    }

    private bool MayJoin(ObjectId sandbox, SandboxRecord joined, Problems problems, Problems mine)
    {
        if (problems.Has(joined.Id))
            mine.Add(sandbox, $"the network of sandbox {joined.Name}, which it joins, cannot be made");
        return joined.Started && _applied.ContainsKey(joined.Id) && !probes.IsAwaited(joined.Id);
    }

    // What still runs, here or in a sandbox that joins this one, runs in a namespace that nobody reaches any more.
    private void LeaveBehind(ObjectId sandbox, DesiredHost desired)
    {
        foreach (var id in desired.Sandboxes.Values.Where(s => s.Joined?.Id == sandbox).Select(s => s.Record.Id).Prepend(sandbox))
        {
            Forget(id);
            commands.LeaveBehind(id);
        }
    }

    private int Apply(
        DesiredSandbox sandbox, INetNamespace space, HostView view, IReadOnlyDictionary<string, Link> hostLinks, PassScope scope, bool first,
        ResolvConf resolver, Problems problems)
    {
        var id = sandbox.Record.Id;
        var writes = files.Apply(sandbox, resolver);
        var dump = HostDump.OfSandbox(space);
        if (dump.Links.TryGetValue("lo", out var loopback) && !loopback.IsUp)
            writes += ChangeRunner.Run(space, [new(new SetLink("lo") { Up = true }, id)], problems);
        foreach (var broken in SandboxPlanner.Broken(sandbox, hostLinks, dump))
        {
            writes += ChangeRunner.Run(host, [new(new DeleteLink(broken.HostLink), broken.Endpoint)], problems, goneIsFine: true);
            problems.Add(broken.Endpoint, $"link {broken.HostLink} had lost its other end in sandbox {sandbox.Record.Name}; it is being made again");
        }
        if (MakeSubLinks(sandbox, space, dump, problems) is var made and > 0)
        {
            writes += made;
            dump = HostDump.OfSandbox(space);
        }
        var plan = SandboxPlanner.Plan(
            sandbox, hostLinks, dump, mark, new(host, space), probes.FreeOf(id), view.MayDelete, scope.Everything || first);
        writes += ChangeRunner.RunSysctls(space, plan.Sysctls, problems);
        writes += _chosen.Apply(space, plan.Chosen, problems);
        writes += ChangeRunner.Run(space, plan.Additions, problems);
        AskForAddresses(id, plan, problems);
        Announce(sandbox, space, plan, problems);
        writes += ChangeRunner.Run(space, plan.Deletions, problems, goneIsFine: true);
        return writes + ApplyNames(sandbox, space, view, scope.HasRulesOf(id) || first, resolver);
    }

    private void Announce(DesiredSandbox sandbox, INetNamespace space, Plan plan, Problems problems)
    {
        _unsaid.Remove(sandbox.Record.Id, out var before);
        var still = (before ?? []).Where(said => sandbox.Attachments.Any(a => a.Addresses.Any(x => x.Address == said.Address)));
        if (Announcer.Announce(space, plan.Announcements.Concat(still), problems) is { Count: > 0 } unsaid)
            _unsaid[sandbox.Record.Id] = unsaid;
    }

    // Older kernels (Debian 12's 6.1) look in the maker's namespace whether a new link's name is taken, and there is an
    // eth0: it gets its name, together with its mark, in the sandbox.
    private int MakeSubLinks(DesiredSandbox sandbox, INetNamespace space, HostDump dump, Problems problems)
    {
        var writes = 0;
        var taken = SandboxPlanner.TakenNames(sandbox, dump.Links.Keys);
        foreach (var (attachment, actual) in SandboxPlanner.SubLinksToMake(sandbox, dump))
        {
            var isThere = actual is not null && attachment.SubLink!.IsLike(actual);
            if (actual is not null && !isThere)
            {
                // While it is there, its successor could not get its name.
                if (!Run(space, new DeleteLink(actual.Name), goneIsFine: true))
                    continue;
                taken.Remove(actual.Name);
            }
            var link = attachment.SubLink!.Make(attachment.HostLink, space) with { Mac = attachment.Mac, Mtu = attachment.Mtu > 0 ? attachment.Mtu : null };
            if (!isThere && !Run(host, link))
                continue;
            var name = SandboxPlanner.NameFor(attachment, taken);
            taken.Add(name);
            Run(space, new SetLink(attachment.HostLink) { Rename = name, Alias = attachment.Alias });

            bool Run(INetNamespace where, KernelChange change, bool goneIsFine = false)
            {
                var mine = new Problems();
                writes += ChangeRunner.Run(where, [new(change, attachment.Endpoint)], mine, goneIsFine);
                foreach (var (owner, problem) in mine.ToImmutable())
                    problems.Add(owner, problem);
                return mine.Count == 0;
            }
        }
        return writes;
    }

    // After the links are up. A host does not hear what its own macvlans and ipvlans say: its addresses are looked at.
    private void AskForAddresses(ObjectId sandbox, Plan plan, Problems problems)
    {
        HashSet<Address> ours = plan.Probes.Count == 0 ? [] : [.. host.DumpAddresses().Select(a => a.Address)];
        foreach (var taken in plan.Probes.Where(p => ours.Contains(p.Address)))
            problems.Add(taken.Endpoint, $"address {taken.Address} is in use by this host itself; remove it here, or reserve it in the network with --aux-address");
        probes.Ask(sandbox, [.. plan.Probes.Where(p => !problems.Has(p.Endpoint))], problems);
    }

    private void Forget(ObjectId sandbox)
    {
        _applied.Remove(sandbox);
        _tables.Remove(sandbox);
    }

    /// <param name="look">Compare the table with the kernel, even if nothing here has changed.</param>
    private int ApplyNames(DesiredSandbox sandbox, INetNamespace space, HostView view, bool look, ResolvConf resolver)
    {
        var id = sandbox.Record.Id;
        var comment = mark.Of(id);
        string? body = null;
        if (sandbox.HasNames)
            body = SandboxRuleset.Body(comment, names.Serve(sandbox, space, view, resolver));
        else
            names.End(id);
        var table = _tables.TryGetValue(id, out var known) ? known : _tables[id] = Table(id, isNew: false);
        return table.Apply(body, comment, FilterElements.Empty, view.MayDelete, look, out _);
    }

    private FilterTable Table(ObjectId sandbox, bool isNew) => new(spaces.Find(sandbox)!.Nftables, SandboxRuleset.Table, paths.TableMemory(sandbox), isNew);
}
