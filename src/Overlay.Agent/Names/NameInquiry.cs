using System.Collections.Immutable;
using Overlay.Agent.Liveness;
using Overlay.Agent.View;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Networks;
using Overlay.Dns;
using Overlay.Dns.Explaining;
using Overlay.Dns.Wire;

namespace Overlay.Agent.Names;

/// <summary>Asks DNS on behalf of a sandbox, and puts the reasons of the answer into the cluster's words.</summary>
internal sealed class NameInquiry(AgentOptions options, ViewStore views, IHostLiveness liveness, DnsServer server)
{
    public async Task<NameAnswer> Ask(ObjectId sandbox, string name, string type)
    {
        var asked = TypeOf(type);
        var view = views.Current;
        // It asks from the namespace of the sandbox that it joins.
        sandbox = view.Sandboxes.GetValueOrDefault(sandbox)?.Joins ?? sandbox;
        try
        {
            if (await server.ExplainAsync(sandbox, name, asked).ConfigureAwait(false) is { } explanation)
                return Answer(explanation, name, view, sandbox);
        }
        catch (FormatException wrong)
        {
            throw new RefusalException(ErrorCodes.InvalidName, wrong.Message, ("name", name));
        }
        throw new RefusalException(
            ErrorCodes.NotRunning,
            $"names are not answered in sandbox '{view.Sandboxes.GetValueOrDefault(sandbox)?.Name ?? sandbox.Short}': it is stopped, or on no network but built-in ones, where it asks the host's servers itself; start it, or connect it to a network",
            ("sandbox", sandbox.ToString()));
    }

    private NameAnswer Answer(Explanation explanation, string name, HostView view, ObjectId sandbox) => new()
    {
        Code = explanation.Code,
        Source = explanation.Source,
        Answer = [.. explanation.Answer],
        Authority = [.. explanation.Authority],
        Candidates =
        [
            .. explanation.Records.Select(r => new NameCandidate
            {
                Address = r.Record.Address, Sandbox = r.Name, Host = r.Record.Host, Network = r.Network, LeftOut = Reason(r),
            }),
            .. OutOfReach(name, view, sandbox),
        ],
    };

    private string? Reason(ExplainedRecord record) => record.Fate switch
    {
        RecordFate.Answered => null,
        RecordFate.HostDown => $"host {record.Record.Host} {liveness.Down.GetValueOrDefault(record.Record.Host)?.ToString() ?? "was down a moment ago"}",
        RecordFate.Draining => "it drains",
        RecordFate.NoWeight => "its weight is 0",
        RecordFate.NotLocal => $"endpoints on host {options.HostName} are preferred",
        _ => "a network that the sandbox joined earlier has the name too",
    };

    /// <summary>Endpoints of the name that are not in the table at all: hosts do not reach each other on a bridge network.</summary>
    private IEnumerable<NameCandidate> OutOfReach(string name, HostView view, ObjectId sandbox) =>
        from network in view.Networks.Values
        where network.Spec.Driver == Drivers.Bridge && network.Endpoints.Values.Any(e => e.Sandbox == sandbox)
        from endpoint in network.Endpoints.Values
        where endpoint.Host != options.HostName && Has(endpoint, name, network.Spec.Name)
        from address in endpoint.Addresses
        select new NameCandidate
        {
            Address = address,
            Sandbox = endpoint.SandboxName,
            Host = endpoint.Host,
            Network = network.Spec.Name,
            LeftOut = $"hosts do not reach each other on network {network.Spec.Name} (driver bridge)",
        };

    private static bool Has(EndpointRecord endpoint, string name, string network) => endpoint.Names.Any(n =>
        n.Equals(name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase) || $"{n}.{network}".Equals(name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    private static RecordType TypeOf(string text) =>
        Enum.TryParse<RecordType>(text, ignoreCase: true, out var type) && Enum.IsDefined(type) && !char.IsDigit(text[0]) ? type
        : text.StartsWith("TYPE", StringComparison.OrdinalIgnoreCase) && ushort.TryParse(text.AsSpan(4), out var number) ? (RecordType)number
        : throw new RefusalException(
            ErrorCodes.InvalidArgument,
            $"'{text}' is no record type; there are {string.Join(", ", Enum.GetNames<RecordType>().Select(n => n.ToUpperInvariant()).Except(["OPT", "AXFR", "IXFR"]))}, and any other as TYPE123",
            ("type", text));
}
