namespace Overlay.Linux;

/// <summary>Which links of the namespace it is applied in a change is about.</summary>
public static class LinkNames
{
    public static IEnumerable<string> Of(KernelChange change) => change switch
    {
        AddSubLink link => string.IsNullOrEmpty(link.Master) ? [link.Parent] : [link.Parent, link.Master],
        AddLink { Master: { Length: > 0 } master } => [master],
        SetLink { Master: { Length: > 0 } master } link => [link.Name, master],
        SetLink link => [link.Name],
        SetBridgePort port => [port.Name],
        SetMulticastSnooping bridge => [bridge.Bridge],
        DeleteLink link => [link.Name],
        AddAddress address => [address.Link],
        RemoveAddress address => [address.Link],
        SetNeighbour neighbour => [neighbour.Link],
        RemoveNeighbour neighbour => [neighbour.Link],
        SetBridgeFdb entry => [entry.Port],
        RemoveBridgeFdb entry => [entry.Port],
        SetVxlanFdb entry => [entry.Link],
        RemoveVxlanFdb entry => [entry.Link],
        SetRoute { Link: { } link } => [link],
        RemoveRoute { Link: { } link } => [link],
        _ => [],
    };
}
