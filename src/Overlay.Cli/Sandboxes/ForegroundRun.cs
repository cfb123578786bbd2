using Overlay.Cli.App;
using Overlay.Cli.Foreground;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Core;

namespace Overlay.Cli.Sandboxes;

/// <summary>
/// A command in the foreground in a sandbox of its own: sandbox made without a command, entered, and stopped (with
/// --rm: removed) when the command has ended, however it ended.
/// </summary>
internal sealed class ForegroundRun(Invocation invocation)
{
    /// <exception cref="ForegroundFailure">The command was not run, and nothing is left.</exception>
    public async Task<int> RunAsync(CreateSandbox request, IReadOnlyList<string> command, bool input, CancellationToken cancellation)
    {
        try
        {
            // RemoveOnExit is the agent's, for commands that it runs itself.
            var (details, enter) = await CreateAsync(request with { RemoveOnExit = false }, cancellation);
            return await RunInAsync(details, enter, request.RemoveOnExit, command, input);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new ForegroundFailure(error);
        }
    }

    private async Task<(SandboxDetails Details, IReadOnlyList<string> Enter)> CreateAsync(CreateSandbox request, CancellationToken cancellation)
    {
        // Before anything is made: can the place be entered at all?
        var entry = new HostEntry(invocation.Context, invocation.Control, invocation.Environment.Machine);
        request = request with { Host = request.Host ?? await ChooseHostAsync(request, entry, cancellation) };
        var enter = request.Host is { } named ? await entry.FindAsync(named, cancellation) : null;
        // A namespace that only is stored cannot be entered.
        var wait = request.Wait == WaitMode.None ? WaitMode.Local : request.Wait;
        // An interrupted call would go on at the other end: the answer is waited for, and what it made is removed.
        using var notice = cancellation.Register(() => invocation.Warn("interrupted: waiting for the sandbox, to remove it"));
        var details = await invocation.Control.CreateSandbox(request with { Wait = wait }, CancellationToken.None);
        try
        {
            cancellation.ThrowIfCancellationRequested();
            return (details, enter ?? await entry.FindAsync(details.Sandbox.Host, cancellation));
        }
        catch
        {
            await EndAsync(details, remove: true);
            throw;
        }
    }

    // A network namespace is on one host: whoever joins it runs there.
    private async Task<string?> ChooseHostAsync(CreateSandbox request, HostEntry entry, CancellationToken cancellation) => request.Join is { } joined
        ? (await invocation.Control.FindSandbox(joined, cancellation)).Host
        : await entry.ChooseAsync(cancellation);

    private async Task<int> RunInAsync(SandboxDetails details, IReadOnlyList<string> enter, bool remove, IReadOnlyList<string> command, bool input)
    {
        var started = false;
        try
        {
            var status = await invocation.Environment.Foreground.RunAsync(EnterCommand.Build(enter, details.Joined ?? details.Sandbox, command, input));
            started = true;
            return status;
        }
        finally
        {
            await EndAsync(details, remove || !started);
        }
    }

    // The command's status is what counts: a failure to tidy up is told and changes nothing.
    private async Task EndAsync(SandboxDetails details, bool remove)
    {
        var id = details.Sandbox.Id.ToString();
        try
        {
            if (remove)
                await invocation.Control.RemoveSandbox(id, force: true, WaitMode.Local, CancellationToken.None);
            else
                await invocation.Control.StopSandbox(id, WaitMode.Local, CancellationToken.None);
        }
        catch (Exception error) when (error is OverlayException or RefusalException)
        {
            var order = remove ? "rm -f" : "stop";
            invocation.Warn($"sandbox {details.Sandbox.Name} was not tidied up: {error.Message}; 'overlay sandbox {order} {details.Sandbox.Name}' does it");
        }
    }
}
