namespace Overlay.Core;

/// <summary>Stable codes of every refusal; what <c>--format json</c> prints as "code".</summary>
public static class ErrorCodes
{
    public const string InvalidName = "invalid-name";
    public const string InvalidArgument = "invalid-argument";
    public const string NameTaken = "name-taken";
    public const string NotFound = "not-found";
    public const string Ambiguous = "ambiguous";
    public const string UnknownDriver = "unknown-driver";
    public const string UnknownOption = "unknown-option";
    public const string InvalidSubnet = "invalid-subnet";
    public const string SubnetOverlap = "subnet-overlap";
    public const string PoolsExhausted = "pools-exhausted";
    public const string AddressTaken = "address-taken";
    public const string AddressOutside = "address-outside";
    public const string SubnetFull = "subnet-full";
    public const string PortTaken = "port-taken";
    public const string PortsInUse = "ports-in-use";
    public const string NotPublished = "not-published";
    public const string NetworkInUse = "network-in-use";
    public const string NotRemovable = "not-removable";
    public const string AlreadyConnected = "already-connected";
    public const string NotConnected = "not-connected";
    public const string UnknownHost = "unknown-host";
    public const string HostDown = "host-down";
    public const string HostDraining = "host-draining";
    public const string HostFull = "host-full";
    public const string HostTaken = "host-taken";
    public const string NotRunning = "not-running";
    public const string Unsupported = "unsupported";
    public const string StoreUnavailable = "store-unavailable";
    public const string Busy = "busy";
    public const string Conflict = "conflict";
    public const string Expired = "expired";
    public const string Deadline = "deadline";
    public const string ApplyFailed = "apply-failed";
    public const string Unreachable = "unreachable";
    public const string NotPermitted = "not-permitted";
    public const string Internal = "internal";
}
