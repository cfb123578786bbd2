using Microsoft.Extensions.Logging;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Grains.Commands;
using Overlay.Grains.Store;

namespace Overlay.Grains.Hosting;

/// <summary>
/// On the grain's side of each call: whatever went wrong leaves as an <see cref="OverlayException"/>. A client has neither
/// the store's assembly nor a use for our stack traces; those go to the log.
/// </summary>
internal sealed partial class GrainCallErrors(ILogger<GrainCallErrors> log) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod?.DeclaringType?.Assembly != typeof(IFeed).Assembly)
        {
            await context.Invoke().ConfigureAwait(true);
            return;
        }
        try
        {
            await context.Invoke().ConfigureAwait(true);
        }
        catch (Exception error) when (error is not OverlayException)
        {
            throw Coded(context, error);
        }
    }

    private OverlayException Coded(IIncomingGrainCallContext context, Exception error)
    {
        switch (error)
        {
            case RefusalException refusal:
                return new OverlayException(refusal);
            case StoreUnavailableException:
                return new OverlayException(ErrorCodes.StoreUnavailable, error.Message, Outcome("unknown"));
            case PartitionLostException:
                return new OverlayException(ErrorCodes.Conflict, error.Message, Outcome("none"));
            case SiloUnavailableException or OrleansMessageRejectionException:
                return new OverlayException(
                    ErrorCodes.Unreachable, "a part of the control plane is moving to another host; try again in a few seconds", Outcome("unknown"));
            case TimeoutException:
                return new OverlayException(
                    ErrorCodes.Deadline, $"{context.MethodName} was not done in time; it may still happen: look, then try again", Outcome("unknown"));
            default:
                LogUnexpected(error, $"{context.InterfaceName}.{context.MethodName}");
                return new OverlayException(
                    ErrorCodes.Internal, $"{context.MethodName} failed: {error.Message.ReplaceLineEndings(" ")}; overlayd's log has the details");
        }
    }

    private static Dictionary<string, string> Outcome(string outcome) => new() { [OverlayException.OutcomeDetail] = outcome };

    [LoggerMessage(1, LogLevel.Error, "{Call} failed")]
    private partial void LogUnexpected(Exception error, string call);
}
