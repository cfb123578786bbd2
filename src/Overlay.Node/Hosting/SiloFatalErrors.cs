using Microsoft.Extensions.Logging;

namespace Overlay.Node.Hosting;

/// <summary>
/// Where Orleans brings what it cannot live with: most often that the others have declared this silo dead. Its own
/// answer is to end the process; here only the silo ends and a new one joins, while agent and names go on.
/// </summary>
internal sealed partial class SiloFatalErrors(ILogger logger) : IFatalErrorHandler
{
    private readonly TaskCompletionSource<string> _fatal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the reason.</summary>
    public Task<string> Fatal => _fatal.Task;

    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        Detail(logger, exception, sender?.ToString(), context);
        _fatal.TrySetResult(FirstClause(context ?? exception?.Message ?? "unknown"));
    }

    // Orleans appends the whole membership table.
    private static string FirstClause(string text) => text.Split('!', ',', '.')[0];

    [LoggerMessage(Level = LogLevel.Debug, Message = "fatal for the silo: {Sender}: {Context}")]
    private static partial void Detail(ILogger logger, Exception? error, string? sender, string? context);
}
