using Overlay.Agent.Desired;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>The two namespaces from which a sandbox's physical networks can be asked.</summary>
internal sealed record ProbeSites(INetNamespace Host, INetNamespace Sandbox)
{
    /// <param name="link">The sandbox's own.</param>
    public ProbedAddress Of(ObjectId endpoint, Address address, DesiredSubLink sub, Link link) =>
        sub.IsProbedByParent ? new(endpoint, address, Host, sub.Parent, sub.Parent) : new(endpoint, address, Sandbox, link.Name, sub.Parent);
}
