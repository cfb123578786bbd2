using Microsoft.Extensions.Logging;

namespace Overlay.Agent.Feeds;

internal sealed partial class FeedFollower
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "could not pull {Partition}, will try again: {Reason}")]
    private static partial void PullFailed(ILogger logger, string partition, string reason);
}
