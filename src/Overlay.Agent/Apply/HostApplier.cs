using Overlay.Agent.Desired;
using Overlay.Agent.Firewalls;
using Overlay.Agent.Names;
using Overlay.Agent.Ports;
using Overlay.Agent.Sandboxes;
using Overlay.Agent.View;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>What one pass looks at, besides what differs from the pass before.</summary>
/// <param name="Everything">Also what nothing reported as changed.</param>
/// <param name="Rules">The host's packet filter has changed.</param>
/// <param name="Forwarding">The host's forwarding was switched on or off.</param>
/// <param name="Names">Namespaces may have lost their names.</param>
/// <param name="Sandboxes">Namespaces in which something has changed, and what.</param>
internal sealed record PassScope(bool Everything, bool Rules, bool Forwarding, bool Names, IReadOnlyDictionary<ObjectId, KernelEvents> Sandboxes)
{
    public bool HasRulesOf(ObjectId sandbox) =>
        Everything || (Sandboxes.GetValueOrDefault(sandbox) & (KernelEvents.Nftables | KernelEvents.Overrun)) != 0;

    public PassScope With(IEnumerable<ObjectId> sandboxes) =>
        this with { Sandboxes = Sandboxes.Concat(sandboxes.Except(Sandboxes.Keys).Select(id => KeyValuePair.Create(id, KernelEvents.None))).ToDictionary() };
}

/// <summary>
/// Makes the kernel equal to what the view asks for: namespaces, then links bottom up, then what is inside the sandboxes,
/// then what leads to them; deletions last. Each failure is kept with its object and stops nothing else.
/// </summary>
internal sealed class HostApplier(
    IKernel kernel, AgentOptions options, AgentPaths paths, ObjectMark mark, Translator translator, SandboxSpaces spaces, SandboxApplier sandboxes,
    SandboxEnds ends, AddressProbes probes, HostResolver resolver)
{
    private readonly INetNamespace _host = kernel.Host;
    private readonly HostSettings _settings = new(kernel.Host, paths.Settings);
    private readonly FilterTable _filter = new(kernel.Host.Nftables, HostRuleset.Table, paths.HostTableMemory);
    private readonly FilterTable _guard = new(kernel.Host.Nftables, SourceGuard.Table, paths.GuardTableMemory);
    private readonly PublishedPorts _ports = new(kernel.Host, () => TableListing.Parse(kernel.Host.Nftables.List(HostRuleset.Table))?.Elements ?? FilterElements.Empty);
    private readonly ForeignFirewalls _others = new(kernel.Host, options.TunnelAddress, options.VxlanPort);
    private readonly string _body = HostRuleset.Body(mark, options.TunnelAddress, options.VxlanPort);
    private readonly string _guardBody = SourceGuard.Body(mark);
    private FilterElements? _applied;
    private FilterElements? _guarded;
    private bool _guardsMore;
    private (bool Networks, bool V6)? _settled;
    private HashSet<Address> _held = [];
    private bool _carries;

    // Ports as they were before writes after which their connections could not be deleted.
    private FilterElements? _unflushed;
    private IReadOnlyCollection<Announcement> _unsaid = [];

    public PassResult Apply(HostView view, PassScope scope)
    {
        var problems = new Problems();
        var putBack = scope.Rules ? PutTablesBack(view.MayDelete, problems) : null;
        var writes = putBack ?? 0;
        var othersMayHaveChanged = scope.Everything || scope.Rules;
        if (putBack is not null)
            scope = scope with { Rules = false };
        var ending = ends.StopCommands(view, problems);
        var desired = translator.Translate(view, ending);
        var pending = ends.EndSurplus(desired, view, problems);
        var spacesChanged = sandboxes.EnsureNamespaces(desired, scope, pending, problems);
        writes += spacesChanged.Count;
        var dump = HostDump.Of(_host);
        if (desired.Carries)
            _others.Read(othersMayHaveChanged);
        writes += ApplySettings(desired, dump, scope, problems);
        var pairs = new VethPairs(desired, spaces);
        var plan = HostPlanner.Plan(desired, dump, mark, pairs.Make, view.MayDelete, scope.Everything);
        foreach (var (owner, problem) in plan.Problems)
            problems.Add(owner, problem);
        writes += RunAdditions(plan, problems);
        var after = dump with { Links = LinksAfter(dump, plan) };

        // Before anything can come out of a new sandbox, and until a removed one's link is gone.
        writes += ApplyGuard(desired, plan, view.MayDelete && plan.Deletions.Count == 0, scope, problems);
        writes += sandboxes.Apply(desired, view, after, scope.With(spacesChanged.Union(pairs.Touched).Union(probes.TakeAnswered())), resolver.Current, problems);
        writes += ApplyFilter(desired, plan, view.MayDelete, scope, problems);
        _unsaid = Announcer.Announce(_host, plan, _unsaid, desired, dump, problems);
        writes += ChangeRunner.Run(_host, plan.Deletions, problems, goneIsFine: true);
        if (plan.Deletions.Count > 0)
            writes += ApplyGuard(desired, plan, view.MayDelete, scope with { Everything = false, Rules = false }, problems);
        if (view.MayDelete)
            writes += ForgetConnections(desired, problems);
        if (!desired.Carries && view.MayDelete)
        {
            writes += Guarded(problems, _settings.Restore) ?? 0;
            _settled = null;
        }
        Warn(desired, dump, problems);
        _carries = desired.Carries;
        return new(writes, problems.ToImmutable(), problems.Warnings, pending.Union(ending).Union(probes.Pending));
    }

    private void Warn(DesiredHost desired, HostDump dump, Problems problems)
    {
        _others.Judge(desired, dump);
        foreach (var warning in _others.Warnings)
            problems.Warn(default, warning);
        if (_settings.Warning is { } costs)
            problems.Warn(default, costs);
    }

    // Before anything that takes longer: while a table is away, connections through it break. Null: not both were compared.
    private int? PutTablesBack(bool mayDelete, Problems problems)
    {
        if (!_carries || _applied is not { } filter || _guarded is not { } guard)
            return null;
        return Guarded(problems, () => WriteFilter(_body, filter, mayDelete, look: true))
            + Guarded(problems, () => _guard.Apply(_guardBody, HostRuleset.Comment(mark), guard, mayDelete, look: true, out _));
    }

    private int WriteFilter(string? body, FilterElements elements, bool mayDelete, bool look)
    {
        var written = _filter.Apply(body, HostRuleset.Comment(mark), elements, mayDelete, look, out var kernelHad);
        return written + DeleteStale(written > 0 ? kernelHad : null, mayDelete ? elements : elements.Over(kernelHad));
    }

    private int ApplySettings(DesiredHost desired, HostDump dump, PassScope scope, Problems problems)
    {
        var needed = (desired.Carries, desired.RoutesV6);
        if (!desired.Carries || (_settled == needed && !scope.Everything && !scope.Forwarding))
            return 0;
        var writes = Guarded(problems, () => _settings.Apply(desired.RoutesV6, dump.Links.Keys, _others.FiltersForwarding));
        _settled = writes is null ? null : needed;
        return writes ?? 0;
    }

    // A bridge's settings must be there before it gets a port: with the port it gets its carrier, and its addresses.
    private int RunAdditions(Plan plan, Problems problems)
    {
        var bridges = plan.Additions.Where(a => a.Change is AddBridge).ToList();
        var writes = ChangeRunner.Run(_host, bridges, problems);
        if (bridges.Count > 0)
            writes += ChangeRunner.RunSysctls(_host, plan.Sysctls.Where(s => bridges.Any(b => s.Name.Contains($"/{((AddBridge)b.Change).Name}/", StringComparison.Ordinal))), problems);
        writes += ChangeRunner.Run(_host, [.. plan.Additions.Where(a => a.Change is not AddBridge)], problems);
        return writes + ChangeRunner.RunSysctls(_host, plan.Sysctls, problems);
    }

    private int ApplyFilter(DesiredHost desired, Plan plan, bool mayDelete, PassScope scope, Problems problems)
    {
        var elements = _ports.Admit(desired, problems).WithoutLinks(plan.Refused);
        if (_applied is not null && !scope.Everything && !scope.Rules && _applied.SameAs(elements))
            return 0;
        var look = _applied is null || scope.Everything || scope.Rules;
        var writes = Guarded(problems, () => WriteFilter(desired.Carries ? _body : null, elements, mayDelete, look));
        _applied = writes is null ? null : elements;
        return writes ?? 0;
    }

    private int DeleteStale(FilterElements? before, FilterElements now)
    {
        _unflushed ??= before;
        if (_unflushed is null)
            return 0;
        var deleted = StaleConnections.Delete(_host, _unflushed, now);
        _unflushed = null;
        return deleted;
    }

    private int ApplyGuard(DesiredHost desired, Plan plan, bool mayDelete, PassScope scope, Problems problems)
    {
        var elements = desired.Guard.WithoutLinks(plan.Refused);
        var wanted = mayDelete || _guarded is null ? elements : elements.Over(_guarded);
        var look = _guarded is null || scope.Everything || scope.Rules;
        // What had to stay until now may be more than what was asked for then.
        if (!look && _guarded!.SameAs(wanted) && !(mayDelete && _guardsMore))
            return 0;
        var writes = Guarded(problems, () =>
            _guard.Apply(!desired.Carries ? null : _guardBody, HostRuleset.Comment(mark), wanted, mayDelete, look, out _));
        (_guarded, _guardsMore) = (writes is null ? null : wanted, !mayDelete);
        return writes ?? 0;
    }

    // Only what was just made needs a look: the dump has the rest.
    private Dictionary<string, Link> LinksAfter(HostDump dump, Plan plan)
    {
        var links = new Dictionary<string, Link>(dump.Links);
        foreach (var added in plan.Additions.Select(a => a.Change).OfType<AddVeth>())
        {
            if (_host.FindLink(added.Name) is { } link)
                links[added.Name] = link;
        }
        return links;
    }

    // The links are gone: nothing can bring a connection back.
    private int ForgetConnections(DesiredHost desired, Problems problems)
    {
        var held = desired.Sandboxes.Values.SelectMany(s => s.Attachments).Where(a => a.SubLink is null)
            .SelectMany(a => a.Addresses).Select(a => a.Address).ToHashSet();
        var deleted = Guarded(problems, () => StaleConnections.DeleteOf(_host, [.. _held.Where(a => !held.Contains(a))]));
        _held = deleted is null ? [.. held, .. _held] : held;
        return deleted ?? 0;
    }

    // Null where it failed: the count of problems does not tell, for the host has one of them at most.
    private static int? Guarded(Problems problems, Func<int> write)
    {
        try
        {
            return write();
        }
        catch (Exception error) when (error is KernelException or IOException or UnauthorizedAccessException)
        {
            problems.Add(default, error.Message);
            return null;
        }
    }
}
