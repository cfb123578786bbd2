using System.Text.Json;
using Overlay.Cli.Output;
using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.App;

/// <summary>A failure as its reader gets it: code, one line, data; never a stack trace.</summary>
internal sealed record ErrorLine(string Code, string Message, IReadOnlyDictionary<string, string> Details)
{
    public const string UsageCode = "usage";

    public static ErrorLine Of(Exception error) => error switch
    {
        OverlayException refused => new(refused.Code, OneLine(refused.Message), refused.Details),
        RefusalException refused => new(refused.Code, OneLine(refused.Message), refused.Details),
        UsageException wrong => Usage(wrong.Message),
        UnauthorizedAccessException denied => new(ErrorCodes.NotPermitted, OneLine(denied.Message) + "; run the same as root", None),
        _ => new(ErrorCodes.Internal, $"{OneLine(error.Message)} ({error.GetType().Name}; OVERLAY_DEBUG=1 shows where)", None),
    };

    public static ErrorLine Usage(string message) => new(UsageCode, OneLine(message), None);

    public void WriteTo(TextWriter output, bool json) =>
        output.WriteLine(json ? JsonSerializer.Serialize(this, ErrorJson.Readable.ErrorLine) : $"overlay: {Message}");

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
