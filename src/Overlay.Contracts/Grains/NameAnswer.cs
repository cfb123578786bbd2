using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Grains;

/// <summary>What a sandbox gets for a question to DNS, and how that came about.</summary>
[GenerateSerializer, Alias("overlay.NameAnswer"), Immutable]
public sealed record NameAnswer
{
    /// <summary>NOERROR, NXDOMAIN, SERVFAIL, …</summary>
    [Id(0)] public required string Code { get; init; }

    /// <summary>Who knew it: the sandbox's networks, a cache, an upstream server.</summary>
    [Id(1)] public required string Source { get; init; }

    /// <summary>Records as in a zone file, in the order of this one answer.</summary>
    [Id(2)] public ImmutableArray<string> Answer { get; init; } = [];
    [Id(3)] public ImmutableArray<string> Authority { get; init; } = [];

    /// <summary>Every address behind the name on the sandbox's networks, answered or not.</summary>
    [Id(4)] public ImmutableArray<NameCandidate> Candidates { get; init; } = [];
}

[GenerateSerializer, Alias("overlay.NameCandidate"), Immutable]
public sealed record NameCandidate
{
    [Id(0)] public required Address Address { get; init; }
    [Id(1)] public required string Sandbox { get; init; }
    [Id(2)] public required string Host { get; init; }
    [Id(3)] public required string Network { get; init; }

    /// <summary>Null: it is in the answer.</summary>
    [Id(4)] public string? LeftOut { get; init; }
}
