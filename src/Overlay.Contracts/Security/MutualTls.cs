using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Overlay.Core;

namespace Overlay.Contracts.Security;

/// <summary>
/// One end of the cluster's mutual TLS: its own certificate, and the authority that the other end's must come from.
/// The other end is judged by role (the subject's OU), never by its DNS name: gateways are reached by address, and
/// every host of the cluster may answer for it.
/// </summary>
public sealed class MutualTls : IDisposable
{
    /// <summary>Base name of a silo's certificate and key in its directory.</summary>
    public const string HostFile = "host";

    /// <summary>Base name of a client's certificate and key in its directory.</summary>
    public const string ClientFile = "client";

    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _own;
    private readonly SslStreamCertificateContext _presented;

    private MutualTls(X509Certificate2 authority, X509Certificate2 own)
    {
        _authority = authority;
        _own = own;
        // Offline and once: otherwise each handshake builds the chain again, and may try to download issuers.
        _presented = SslStreamCertificateContext.Create(own, additionalCertificates: null, offline: true);
    }

    /// <summary>The name in this end's own certificate.</summary>
    public string Name => _own.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <summary>Reads ca.crt, NAME.crt and NAME.key (PEM) and checks that they belong together and are valid now.</summary>
    /// <exception cref="RefusalException">What is missing or wrong, with the file's path.</exception>
    public static MutualTls Load(string directory, string name, TimeProvider time)
    {
        var authorityPath = Path.Combine(directory, CertificateAuthority.AuthorityFile);
        var certificatePath = Path.Combine(directory, name + ".crt");
        var keyPath = Path.Combine(directory, name + ".key");
        string[] missing = [.. new[] { authorityPath, certificatePath, keyPath }.Where(path => !File.Exists(path))];
        if (missing.Length > 0)
            throw Unusable(directory, $"there is no {string.Join(", ", missing)}");

        try
        {
            var authority = X509Certificate2.CreateFromPem(File.ReadAllText(authorityPath));
            var own = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
            if (ReasonToRefuse(own, authority, time.GetUtcNow()) is { } reason)
                throw Unusable(directory, $"{certificatePath} {reason}");
            return new MutualTls(authority, own);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Unusable(directory, error.Message);
        }
    }

    public SslServerAuthenticationOptions ServerOptions(params CertificateRole[] accepted) => new()
    {
        ServerCertificateContext = _presented,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = ChainPolicy(_authority),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsAccepted(certificate, errors, accepted),
    };

    public SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = "",
        ClientCertificateContext = _presented,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = ChainPolicy(_authority),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsAccepted(certificate, errors, [CertificateRole.Host]),
    };

    public void Dispose()
    {
        _own.Dispose();
        _authority.Dispose();
    }

    private static bool IsAccepted(X509Certificate? certificate, SslPolicyErrors errors, CertificateRole[] accepted) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
        && certificate is X509Certificate2 peer
        && RoleOf(peer) is { } role
        && accepted.Contains(role);

    private static CertificateRole? RoleOf(X509Certificate2 certificate)
    {
        var units = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == OrganizationalUnit)
            .Select(part => part.GetSingleElementValue());
        foreach (var role in Enum.GetValues<CertificateRole>())
            if (units.Contains(role.ToString().ToLowerInvariant()))
                return role;
        return null;
    }

    private const string OrganizationalUnit = "2.5.4.11";

    private static string? ReasonToRefuse(X509Certificate2 own, X509Certificate2 authority, DateTimeOffset now)
    {
        if (own.NotAfter.ToUniversalTime() < now)
            return $"expired on {own.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z";
        if (own.NotBefore.ToUniversalTime() > now)
            return $"is valid only from {own.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}Z (is the clock right?)";
        using var chain = new X509Chain { ChainPolicy = ChainPolicy(authority) };
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        if (!chain.Build(own))
            return $"was not signed by {CertificateAuthority.AuthorityFile} beside it";
        return RoleOf(own) is null ? "names no role: its subject needs OU=host, OU=operator or OU=reader" : null;
    }

    private static X509ChainPolicy ChainPolicy(X509Certificate2 authority) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { authority },
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static RefusalException Unusable(string directory, string why) => new(
        ErrorCodes.InvalidArgument,
        $"the certificates in {directory} cannot be used: {why}",
        ("directory", directory));
}
