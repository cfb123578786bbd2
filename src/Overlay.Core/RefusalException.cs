namespace Overlay.Core;

/// <summary>
/// A request that cannot be granted. <see cref="Code"/> is stable and made for programs; the message says what was
/// asked, why it cannot be and what would work; <see cref="Details"/> holds what a caller needs to act on it.
/// </summary>
public sealed class RefusalException(string code, string message, params (string Key, string Value)[] details) : Exception(message)
{
    public string Code { get; } = code;

    public IReadOnlyDictionary<string, string> Details { get; } = details.ToDictionary(d => d.Key, d => d.Value);
}
