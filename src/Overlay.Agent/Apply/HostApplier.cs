using Overlay.Agent.Desired;
using Overlay.Agent.Firewalls;
using Overlay.Agent.Names;
using Overlay.Agent.Ports;
using Overlay.Agent.Sandboxes;
using Overlay.Agent.View;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// Makes the kernel equal to what the view asks for: namespaces, then links bottom up, then what is inside the sandboxes,
/// then what leads to them; deletions last. Each failure is kept with its object and stops nothing else.
/// </summary>
internal sealed class HostApplier(
    IKernel kernel, AgentOptions options, AgentPaths paths, ObjectMark mark, Translator translator, SandboxSpaces spaces, SandboxApplier sandboxes,
    SandboxEnds ends, AddressProbes probes, HostResolver resolver)
{
    private readonly INetNamespace _host = kernel.Host;
    private readonly ActualHost _actual = new(kernel.Host);
    private readonly HostRules _rules = new(kernel.Host.Nftables);
    private readonly HostSettings _settings = new(kernel.Host, paths.Settings);
    private FilterTable? _filterTable, _guardTable;
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
    private (DesiredHost Desired, Plan Plan, Task<Problems> Acknowledged)? _left;

    private FilterTable Filter => _filterTable ??= new(_rules, HostRuleset.Table, paths.HostTableMemory);

    private FilterTable Guard => _guardTable ??= new(_rules, SourceGuard.Table, paths.GuardTableMemory);

    // Ports as they were before writes after which their connections could not be deleted.
    private FilterElements? _unflushed;
    private IReadOnlyCollection<Announcement> _unsaid = [];

    public PassResult Apply(HostView view, PassScope scope)
    {
        var problems = new Problems();
        scope = Heard(scope);
        var putBack = scope.Rules ? PutTablesBack(view.MayDelete, problems) : null;
        var writes = putBack ?? 0;
        var othersMayHaveChanged = scope.Everything || scope.Rules;
        if (putBack is not null)
            scope = scope with { Rules = false };
        writes += Finish(problems);
        var ending = ends.StopCommands(view, problems);
        var desired = translator.Translate(view, ending);
        var pending = ends.EndSurplus(desired, view, problems);
        var spacesChanged = sandboxes.EnsureNamespaces(desired, scope, pending, problems);
        writes += spacesChanged.Count;
        var look = _actual.Look(desired, scope.Everything);
        if (desired.Carries)
            _others.Read(othersMayHaveChanged);
        writes += ApplySettings(desired, scope, problems);
        var pairs = new VethPairs(desired, spaces);
        var plan = HostPlanner.Plan(look, mark, pairs.Make, view.MayDelete, scope.Everything);
        foreach (var (owner, problem) in desired.Problems.Concat(plan.Problems))
            problems.Add(owner, problem);
        var failures = problems.Additions;
        writes += RunAdditions(plan, problems);
        var succeeded = problems.Additions == failures;

        // Before anything can come out of a new sandbox, and until a removed one's link is gone.
        writes += ApplyGuard(desired, plan, view.MayDelete && plan.Deletions.Count == 0, scope, problems);
        writes += sandboxes.Apply(desired, view, _actual.Links, scope.With(spacesChanged.Union(pairs.Touched).Union(probes.TakeAnswered())), resolver.Current, problems);
        writes += ApplyFilter(desired, plan, view.MayDelete, scope, problems);
        _unsaid = Announcer.Announce(_host, plan, _unsaid, desired, _actual.Links, pairs, problems);
        failures = problems.Additions;
        writes += RunDeletions(plan, problems, out var acknowledged);
        _actual.Settle(look, plan, succeeded && problems.Additions == failures);
        if (view.MayDelete)
        {
            writes += ForgetConnections(desired, problems);
            _left = (desired, plan, acknowledged);
        }
        if (!desired.Carries && view.MayDelete)
        {
            writes += Finish(problems);
            writes += Guarded(problems, _settings.Restore) ?? 0;
            _settled = null;
        }
        Warn(desired, problems);
        _carries = desired.Carries;
        return new(writes, problems.ToImmutable(), problems.Warnings, pending.Union(ending).Union(probes.Pending));
    }

    private void Warn(DesiredHost desired, Problems problems)
    {
        _others.Judge(desired, () => HostDump.WithoutEntries(_host, _actual.Links));
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
            + Guarded(problems, () => Guard.Apply(_guardBody, HostRuleset.Comment(mark), guard, mayDelete, look: true, out _));
    }

    private int WriteFilter(string? body, FilterElements elements, bool mayDelete, bool look)
    {
        var written = Filter.Apply(body, HostRuleset.Comment(mark), elements, mayDelete, look, out var kernelHad);
        return written + DeleteStale(written > 0 ? kernelHad : null, mayDelete ? elements : elements.Over(kernelHad));
    }

    /// <summary>
    /// What no one has to wait for: that the kernel has done with deleted links, and then the elements that guarded them.
    /// Called after each pass; the next one begins with it otherwise.
    /// </summary>
    /// <returns>How many writes it took.</returns>
    public int Finish(Problems problems)
    {
        if (_left is not { } left)
            return 0;
        _left = null;
        var failed = left.Acknowledged.GetAwaiter().GetResult();
        problems.Add(failed);
        if (failed.Count > 0)
            _actual.Forget();
        return left.Plan.Deletions.Count == 0
            ? 0
            : ApplyGuard(left.Desired, left.Plan, failed.Count == 0, PassScope.Nothing, problems);
    }

    // A deletion alone is acknowledged after a grace period, in which its link is gone already; a group costs one for all.
    private int RunDeletions(Plan plan, Problems problems, out Task<Problems> acknowledged)
    {
        var links = plan.Deletions.Where(d => d.Change is DeleteLink).ToList();
        var writes = ChangeRunner.Run(_host, [.. plan.Deletions.Where(d => d.Change is not DeleteLink)], problems, goneIsFine: true);
        acknowledged = links.Count == 0 ? Task.FromResult(new Problems()) : ChangeRunner.Delete(_host, links);
        _actual.Wrote(plan.Deletions);
        // What is still there holds its address: why, belongs into this pass's answer.
        if (links.Any(d => _actual.Links.ContainsKey(((DeleteLink)d.Change).Name)))
            problems.Add(acknowledged.GetAwaiter().GetResult());
        return writes + links.Count;
    }

    // The echo of our own transactions is no reason to list the tables.
    private PassScope Heard(PassScope scope)
    {
        _actual.Hear(scope.Notices);
        var kinds = scope.Notices.Aggregate(KernelEvents.None, (seen, notice) => seen | notice.Kind);
        var isOverrun = kinds.HasFlag(KernelEvents.Overrun);
        var rules = isOverrun || scope.Notices.Any(n => n.Kind == KernelEvents.Nftables && _rules.IsNews(n.Generation))
            || (kinds.HasFlag(KernelEvents.TableGone) && _rules.HasNews);
        if (rules || scope.Everything)
            _rules.Look();
        return scope with { Rules = rules, Forwarding = isOverrun || kinds.HasFlag(KernelEvents.Forwarding) };
    }

    private int ApplySettings(DesiredHost desired, PassScope scope, Problems problems)
    {
        var needed = (desired.Carries, desired.RoutesV6);
        if (!desired.Carries || (_settled == needed && !scope.Everything && !scope.Forwarding))
            return 0;
        var writes = Guarded(problems, () => _settings.Apply(desired.RoutesV6, _actual.Links.Keys, _others.FiltersForwarding));
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
        _actual.Wrote(plan.Additions);
        return writes + ChangeRunner.RunSysctls(_host, plan.Sysctls, problems);
    }

    private int ApplyFilter(DesiredHost desired, Plan plan, bool mayDelete, PassScope scope, Problems problems)
    {
        var elements = _ports.Admit(desired, problems).WithoutLinks(plan.Refused);
        var look = _applied is null || scope.Everything || scope.Rules;
        if (!look && _carries == desired.Carries && _applied!.SameAs(elements))
            return 0;
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
        if (!look && _carries == desired.Carries && _guarded!.SameAs(wanted) && !(mayDelete && _guardsMore))
            return 0;
        var writes = Guarded(problems, () =>
            Guard.Apply(!desired.Carries ? null : _guardBody, HostRuleset.Comment(mark), wanted, mayDelete, look, out _));
        (_guarded, _guardsMore) = (writes is null ? null : wanted, !mayDelete);
        return writes ?? 0;
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
