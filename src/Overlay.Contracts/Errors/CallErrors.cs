using Overlay.Contracts.Grains;
using Overlay.Core;

namespace Overlay.Contracts.Errors;

/// <summary>
/// On the caller's side of each grain call: what Orleans itself reports (no such silo, no answer in time) becomes a
/// coded error. What the grain refused arrives as <see cref="OverlayException"/> already and passes.
/// </summary>
public sealed class CallErrors : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        // Orleans' own calls are judged by Orleans, which knows its exceptions by type.
        if (context.InterfaceMethod?.DeclaringType?.Assembly != typeof(IHostGrain).Assembly)
        {
            await context.Invoke().ConfigureAwait(false);
            return;
        }
        try
        {
            await context.Invoke().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SiloUnavailableException or OrleansMessageRejectionException)
        {
            throw IsHostCall(context) ? HostDown(context) : Unreachable(error);
        }
        catch (TimeoutException) when (IsHostCall(context))
        {
            throw HostDown(context);
        }
        catch (TimeoutException)
        {
            throw new OverlayException(
                ErrorCodes.Deadline,
                $"{context.InterfaceName}.{context.MethodName} had no answer in time; it may still happen: look, then try again",
                new Dictionary<string, string> { [OverlayException.OutcomeDetail] = "unknown" });
        }
    }

    private static bool IsHostCall(IOutgoingGrainCallContext context) => context.Grain is IHostGrain;

    private static OverlayException HostDown(IOutgoingGrainCallContext context)
    {
        var host = context.TargetId.Key.ToString() ?? "";
        return new OverlayException(
            ErrorCodes.HostDown,
            $"host '{host}' does not answer: there is none of this name, or its overlayd is down; 'overlay host ls' shows the hosts",
            new Dictionary<string, string> { ["host"] = host });
    }

    private static OverlayException Unreachable(Exception error) => new(
        ErrorCodes.Unreachable,
        $"the control plane does not answer right now ({error.Message.ReplaceLineEndings(" ")}); try again in a few seconds");
}
