using Overlay.Cli.Control;
using Overlay.Contracts.Client;
using Overlay.Core;

namespace Overlay.Cli.Foreground;

/// <summary>How to get from here onto a host of the cluster: a lab's host by its namespaces, this machine by doing nothing.</summary>
internal sealed class HostEntry(OverlayContext context, IControlPlane control, LocalMachine machine)
{
    /// <summary>The words to put before a command; none when this machine is that host.</summary>
    /// <exception cref="RefusalException">not-permitted, or unsupported: another machine.</exception>
    public async Task<IReadOnlyList<string>> FindAsync(string host, CancellationToken cancellation)
    {
        RequirePrivilege();
        if (context.Hosts.TryGetValue(host, out var known))
            return known.Enter;
        var state = await control.FindHost(host, cancellation);
        if (machine.MachineId is { } id && state.Host.MachineId == id)
            return [];
        throw new RefusalException(
            ErrorCodes.Unsupported,
            $"host {host} is another machine: its sandboxes cannot be entered from here; use the same command on {host}, or 'overlay run -d' to run in the background",
            ("host", host));
    }

    /// <summary>The host to choose when the user names none: one that can be entered. Null: all can, let the cluster choose.</summary>
    public async Task<string?> ChooseAsync(CancellationToken cancellation)
    {
        RequirePrivilege();
        if (context.Hosts.Count > 0)
            return null;
        var hosts = await control.ListHosts(cancellation);
        return hosts.FirstOrDefault(host => machine.MachineId is { } id && host.Host.MachineId == id)?.Host.Name
            ?? throw new RefusalException(
                ErrorCodes.Unsupported,
                $"this machine is no host of cluster {context.Cluster}: a foreground command cannot be run from here; use 'overlay run -d', or the same on one of {string.Join(", ", hosts.Select(host => host.Host.Name))}");
    }

    private void RequirePrivilege()
    {
        if (!machine.MayEnter)
            throw new RefusalException(ErrorCodes.NotPermitted, "entering a sandbox needs root; run the same as root, or use 'overlay run -d'");
    }
}
