using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Overlay.Node.Logging;

/// <summary>One event, one line: time, level, room, words. A stack trace appears only below the level Information.</summary>
internal sealed class OneLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "one-line";

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = entry.Formatter(entry.State, entry.Exception);
        textWriter.Write(time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ ", CultureInfo.InvariantCulture));
        textWriter.Write(LevelOf(entry.LogLevel));
        textWriter.Write(entry.Category.AsSpan(entry.Category.LastIndexOf('.') + 1));
        textWriter.Write(": ");
        textWriter.Write(message.ReplaceLineEndings(" | "));
        if (entry.Exception is { } error)
            textWriter.Write(Describe(error, entry.LogLevel).ReplaceLineEndings(" | "));
        textWriter.Write('\n');
    }

    private static string Describe(Exception error, LogLevel level)
    {
        var cause = error.GetBaseException();
        return level < LogLevel.Information || level == LogLevel.Critical ? $" ({error})" : $" ({cause.GetType().Name}: {cause.Message})";
    }

    private static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug ",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warning ",
        _ => "error ",
    };
}
