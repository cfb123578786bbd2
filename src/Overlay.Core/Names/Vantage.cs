using System.Collections.Immutable;

namespace Overlay.Core.Names;

/// <summary>What one sandbox sees: where its questions are looked up, and who is asked for the rest.</summary>
/// <param name="Host">The host that the sandbox lives on, for names that prefer local endpoints.</param>
/// <param name="Networks">Those it is attached to; the first one that has an address for a name answers.</param>
/// <param name="Upstreams">Asked in turn; empty: foreign names get SERVFAIL.</param>
/// <param name="Forwards">False when every network is internal: foreign names do not exist there (NXDOMAIN).</param>
public sealed record Vantage(
    string Host,
    ImmutableArray<ObjectId> Networks,
    ImmutableArray<UpstreamServer> Upstreams,
    bool Forwards = true);
