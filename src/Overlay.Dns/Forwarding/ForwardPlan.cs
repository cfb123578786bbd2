using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Overlay.Core;
using Overlay.Core.Names;

namespace Overlay.Dns.Forwarding;

/// <summary>The servers that one sandbox's foreign questions go to, and how to reach them.</summary>
internal sealed class ForwardPlan
{
    public const int ScopeSize = 16;

    private readonly byte[] _scope;

    public ForwardPlan(ObjectId sandbox, ImmutableArray<UpstreamServer> servers, IUpstreamSockets sandboxSockets)
    {
        Servers = [.. servers.Select(s => new Upstream(s, s.FromSandbox ? sandbox : default, s.FromSandbox ? sandboxSockets : HostSockets.Instance))];
        _scope = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Servers.Select(s => $"{s.Server} {s.Namespace}"))))[..ScopeSize];
    }

    public ImmutableArray<Upstream> Servers { get; }

    /// <summary>
    /// Equal for equal sets of servers asked from the same place, and for no others: answers are shared within it, so
    /// one sandbox's own server cannot put answers before another sandbox.
    /// </summary>
    public ReadOnlySpan<byte> Scope => _scope;
}

/// <param name="Namespace">The sandbox whose namespace it is asked from; default: the host's.</param>
internal sealed record Upstream(UpstreamServer Server, ObjectId Namespace, IUpstreamSockets Sockets);
