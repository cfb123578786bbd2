namespace Overlay.Contracts.Security;

/// <summary>What the holder of a certificate may do; it stands in the subject's OU, in lower case.</summary>
public enum CertificateRole
{
    /// <summary>A silo: talks to silos, and is talked to by everyone.</summary>
    Host,

    /// <summary>A client that may change the cluster.</summary>
    Operator,

    /// <summary>A client that may look.</summary>
    Reader,
}
