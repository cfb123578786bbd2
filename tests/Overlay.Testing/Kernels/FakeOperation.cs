namespace Overlay.Testing.Kernels;

/// <summary>Calls that can be made to fail beside the kinds of <see cref="Overlay.Linux.KernelChange"/>.</summary>
public enum FakeOperation
{
    CreateNamespace,
    OpenNamespace,
    DeleteNamespace,
    Dump,
    RunNft,
    WriteSysctl,
    OpenSocket,
    Announce,
    FindHolder,
    DeleteConnections,
}
