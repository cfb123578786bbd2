using System.Security.Authentication;

namespace Overlay.Contracts.Security;

/// <summary>The other end has looked at our certificate and closed the connection: another authority, expired, or a role it does not serve.</summary>
public sealed class CertificateRefusedException(Exception cause)
    : AuthenticationException("the other end does not accept this certificate", cause);
