using Microsoft.Extensions.Logging;

namespace Overlay.Grains.Commands;

/// <content>Log messages.</content>
public sealed partial class Partition<TState>
{
    [LoggerMessage(1, LogLevel.Warning, "{Partition}: revision {Revision} is in doubt: {Problem}")]
    private static partial void LogInDoubt(ILogger log, string partition, ulong revision, string problem);

    [LoggerMessage(2, LogLevel.Warning, "{Partition} is lost to this activation: {Why}")]
    private static partial void LogLost(ILogger log, string partition, string why);
}
