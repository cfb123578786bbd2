using Overlay.Core.Names;

namespace Overlay.Dns.Explaining;

/// <summary>An answer as a sandbox gets it, and how it came about.</summary>
/// <param name="Code">NOERROR, NXDOMAIN, …</param>
/// <param name="Source">Who knew it, in words.</param>
/// <param name="Records">Every address that stands behind the name on a network of the sandbox, answered or not.</param>
public sealed record Explanation(
    string Code, string Source, IReadOnlyList<string> Answer, IReadOnlyList<string> Authority, IReadOnlyList<ExplainedRecord> Records);

/// <param name="Name">The first name of its endpoint.</param>
public sealed record ExplainedRecord(string Network, string Name, NameRecord Record, RecordFate Fate);

/// <summary>What became of a record; all but the first are reasons why it was left out.</summary>
public enum RecordFate
{
    Answered,

    /// <summary>Endpoints on the asker's host are preferred, and there are some.</summary>
    NotLocal,
    Draining,
    NoWeight,
    HostDown,

    /// <summary>A network to which the sandbox was attached earlier answers.</summary>
    OtherNetwork,
}
