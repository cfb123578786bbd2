namespace Overlay.Lab.Supervision;

internal enum OrderVerb
{
    Status,
    Kill,
    Start,

    /// <summary>End every service and yourself.</summary>
    Down,
}

/// <summary>One line of JSON to the supervisor; it answers with one line and closes.</summary>
internal sealed record Order(OrderVerb Verb, string? Service = null);

/// <param name="Error">Null when the order was carried out.</param>
internal sealed record OrderReply(string? Error, IReadOnlyList<ServiceStatus> Services);
