namespace Overlay.Testing.Kernels;

/// <summary>Calls that can be made to fail beside the kinds of <see cref="Overlay.Linux.KernelChange"/>.</summary>
public enum FakeOperation
{
    CreateNamespace,
    AttachNamespace,
    OpenNamespace,
    DeleteNamespace,
    Dump,
    FindLink,
    RunNft,
    ListNft,
    ReadSysctl,
    WriteSysctl,
    OpenSocket,
    Monitor,
    Announce,
    FindHolder,
    DeleteConnections,
}
