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

    /// <summary>As the server: the other end must hold a certificate of this cluster with one of these roles.</summary>
    /// <exception cref="AuthenticationException">It does not, or speaks no TLS.</exception>
    public async Task<SslStream> AcceptAsync(Stream transport, IReadOnlyCollection<CertificateRole> roles, CancellationToken cancellation)
    {
        var stream = new SslStream(transport);
        try
        {
            await stream.AuthenticateAsServerAsync(ServerOptions(roles), cancellation).ConfigureAwait(false);
            await stream.WriteAsync(Welcome, cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>As the client: the other end must be a host of this cluster, and must have accepted our certificate.</summary>
    /// <exception cref="AuthenticationException">The other end is no host of this cluster.</exception>
    /// <exception cref="CertificateRefusedException">The other end does not want us.</exception>
    public async Task<SslStream> ConnectAsync(Stream transport, CancellationToken cancellation)
    {
        var stream = new SslStream(transport);
        try
        {
            await stream.AuthenticateAsClientAsync(ClientOptions(), cancellation).ConfigureAwait(false);
            await ReadWelcomeAsync(stream, cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose()
    {
        _own.Dispose();
        _authority.Dispose();
    }

    // A client's TLS 1.3 handshake ends before the server has looked at its certificate (RFC 8446, 4.4): without a word
    // from the server, a refusal would show only as a connection that ends, later, in the middle of something else.
    private static readonly byte[] Welcome = [0x06];

    private static async Task ReadWelcomeAsync(SslStream stream, CancellationToken cancellation)
    {
        try
        {
            var word = new byte[1];
            await stream.ReadExactlyAsync(word, cancellation).ConfigureAwait(false);
            if (word[0] != Welcome[0])
                throw new AuthenticationException("the other end is no part of an Overlay cluster");
        }
        catch (IOException error)
        {
            throw new CertificateRefusedException(error);
        }
    }

    private SslServerAuthenticationOptions ServerOptions(IReadOnlyCollection<CertificateRole> roles) => new()
    {
        ServerCertificateContext = _presented,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = ChainPolicy(_authority),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsAccepted(certificate, errors, roles),
    };

    /// <summary>For a protocol that wraps TLS itself: the other end must hold a host's certificate of this cluster.</summary>
    public SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = "",
        ClientCertificateContext = _presented,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = ChainPolicy(_authority),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsAccepted(certificate, errors, [CertificateRole.Host]),
    };

    private static bool IsAccepted(X509Certificate? certificate, SslPolicyErrors errors, IReadOnlyCollection<CertificateRole> accepted) =>
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
