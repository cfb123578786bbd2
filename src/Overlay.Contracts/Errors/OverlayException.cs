using Overlay.Core;

namespace Overlay.Contracts.Errors;

/// <summary>
/// What a grain call fails with, whatever went wrong behind it: a stable <see cref="Code"/> of <see cref="ErrorCodes"/>,
/// one line for people, and the data a caller needs. Store and runtime exceptions never cross the wire: a client
/// without the store's assembly could not read them.
/// </summary>
[GenerateSerializer, Alias("overlay.OverlayException")]
public sealed class OverlayException : Exception
{
    /// <summary>Detail of what is no refusal: <c>none</c> (nothing was changed) or <c>unknown</c> (it may have happened, or still may).</summary>
    public const string OutcomeDetail = "outcome";

    public OverlayException(string code, string message, IReadOnlyDictionary<string, string>? details = null)
        : base(message)
    {
        Code = code;
        Details = details is null ? [] : new(details);
    }

    public OverlayException(RefusalException refusal)
        : this(refusal.Code, refusal.Message, refusal.Details)
    {
    }

    [Id(0)] public string Code { get; }

    [Id(1)] public Dictionary<string, string> Details { get; }
}
