using Overlay.Contracts.Grains;

namespace Overlay.Cli.Names;

/// <summary>What <c>dns query</c> shows.</summary>
internal sealed record NameAnswerView
{
    public required string Name { get; init; }
    public required string Type { get; init; }
    public required string Sandbox { get; init; }
    public required string Host { get; init; }
    public required string Status { get; init; }
    public required string Source { get; init; }

    /// <summary>Lines of a zone file, fields divided by tabs.</summary>
    public required string[] Answer { get; init; }
    public required string[] Authority { get; init; }
    public required NameRecordView[] Records { get; init; }

    public static NameAnswerView Of(string name, string type, SandboxEntry sandbox, NameAnswer answer) => new()
    {
        Name = name,
        Type = type.ToUpperInvariant(),
        Sandbox = sandbox.Name,
        Host = sandbox.Host,
        Status = answer.Code,
        Source = answer.Source,
        Answer = [.. answer.Answer],
        Authority = [.. answer.Authority],
        Records = [.. answer.Candidates.Select(c => new NameRecordView(c.Address.ToString(), c.Sandbox, c.Host, c.Network, c.LeftOut))],
    };
}

/// <param name="LeftOut">Null: it is in the answer.</param>
internal sealed record NameRecordView(string Address, string Sandbox, string Host, string Network, string? LeftOut);
