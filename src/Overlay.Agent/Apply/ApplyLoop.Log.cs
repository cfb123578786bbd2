using Microsoft.Extensions.Logging;

namespace Overlay.Agent.Apply;

internal sealed partial class ApplyLoop
{
    [LoggerMessage(Level = LogLevel.Information, Message = "put back what something else had changed in the kernel: {Writes} writes")]
    private static partial void Repaired(ILogger logger, int writes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "could not look after the sandboxes' commands, will try again: {Problem}")]
    private static partial void NotLookedAt(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Missing}")]
    private static partial void Lacks(ILogger logger, string missing);

    [LoggerMessage(Level = LogLevel.Warning, Message = "could not make {Object}, will try again: {Problem}")]
    private static partial void NotMade(ILogger logger, string @object, string problem);
}
