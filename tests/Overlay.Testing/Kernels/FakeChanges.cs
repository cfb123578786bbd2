using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>Applies one change; returns 0 or the error number that Linux gives.</summary>
internal static class FakeChanges
{
    public static int Apply(FakeNamespaceState space, KernelChange change)
    {
        if (LinkNames.Of(change).Any(name => !space.Links.ContainsKey(name)))
            return Errno.ENODEV;
        return change switch
        {
            AddLink add => FakeLinkWriter.Add(space, add),
            SetLink set => FakeLinkWriter.Set(space, set),
            SetBridgePort set => FakeLinkWriter.SetPort(space.Links[set.Name], set),
            SetMulticastSnooping set => FakeLinkWriter.SetSnooping(space.Links[set.Bridge], set.Enabled),
            DeleteLink delete => FakeLinkWriter.Delete(space, space.Links[delete.Name]),
            DeleteLinkGroup delete => FakeLinkWriter.DeleteGroup(space, delete.Group),
            AddAddress add => FakeAddressWriter.Add(space.Links[add.Link], add),
            RemoveAddress remove => FakeAddressWriter.Remove(space.Links[remove.Link], remove),
            SetNeighbour set => FakeNeighbourWriter.Set(space.Links[set.Link], set),
            RemoveNeighbour remove => FakeNeighbourWriter.Remove(space.Links[remove.Link], remove),
            SetBridgeFdb set => FakeNeighbourWriter.Set(space.Links[set.Port], set),
            RemoveBridgeFdb remove => FakeNeighbourWriter.Remove(space.Links[remove.Port], remove),
            SetVxlanFdb set => FakeNeighbourWriter.Set(space.Links[set.Link], set),
            RemoveVxlanFdb remove => FakeNeighbourWriter.Remove(space.Links[remove.Link], remove),
            SetRoute set => FakeRouteWriter.Set(space, set),
            RemoveRoute remove => FakeRouteWriter.Remove(space, remove),
            _ => throw new ArgumentException($"the fake kernel does not know {change.GetType().Name}", nameof(change)),
        };
    }
}
