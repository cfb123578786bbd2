using Microsoft.Extensions.Logging;

namespace Overlay.Node.Logging;

internal static class NodeLogging
{
    public const string Variable = "OVERLAY_LOG";

    /// <summary>
    /// To stderr, quiet while nothing happens. Orleans reports each consequence of a dead peer, many times and with
    /// stack traces; the control plane reports the peer itself, once, so those parts speak only at debug.
    /// </summary>
    public static void AddNodeLogging(this ILoggingBuilder logging, string? level)
    {
        logging.ClearProviders();
        logging.AddConsole(options =>
        {
            options.FormatterName = OneLineFormatter.FormatterName;
            options.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        logging.AddConsoleFormatter<OneLineFormatter, Microsoft.Extensions.Logging.Console.ConsoleFormatterOptions>();
        var own = level switch
        {
            "debug" => LogLevel.Debug,
            "warning" => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        logging.SetMinimumLevel(own);
        if (own == LogLevel.Debug)
            return;
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Orleans", LogLevel.Critical);
        logging.AddFilter("Polly", LogLevel.None);
        logging.AddFilter("StackExchange", LogLevel.Critical);
    }
}
