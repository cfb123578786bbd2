using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Overlay.Contracts.Security;

/// <summary>
/// The authority of one cluster: signs the certificates that its silos and clients show each other. ECDSA P-256,
/// PEM on disk. Subjects read <c>CN=NAME, OU=role, O=CLUSTER</c>; a host's names and addresses are in its SAN.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    public const string AuthorityFile = "ca.crt";
    public const string AuthorityKeyFile = "ca.key";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2 _certificate;
    private readonly string _cluster;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;

    private CertificateAuthority(X509Certificate2 certificate, string cluster, TimeSpan lifetime, TimeProvider time)
    {
        _certificate = certificate;
        _cluster = cluster;
        _lifetime = lifetime;
        _time = time;
    }

    /// <summary>A new authority with a new key; everything it signs ends when it does.</summary>
    public static CertificateAuthority Create(string cluster, TimeSpan lifetime, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject($"{cluster} authority", null, cluster), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = time.GetUtcNow();
        return new CertificateAuthority(request.CreateSelfSigned(now - ClockSkew, now + lifetime), cluster, lifetime, time);
    }

    public void SaveTo(string directory)
    {
        Directory.CreateDirectory(directory);
        SavePublic(directory);
        using var key = _certificate.GetECDsaPrivateKey()!;
        PemFiles.WriteKey(Path.Combine(directory, AuthorityKeyFile), key);
    }

    /// <summary>Writes ca.crt, host.crt and host.key: what a silo needs to prove who it is and to judge its peers.</summary>
    public void IssueHost(string directory, string host, params IReadOnlyCollection<IPAddress> addresses) =>
        Issue(directory, "host", host, CertificateRole.Host, addresses);

    /// <summary>Writes ca.crt, client.crt and client.key.</summary>
    public void IssueClient(string directory, string name, CertificateRole role) =>
        Issue(directory, "client", name, role, []);

    public void Dispose() => _certificate.Dispose();

    private void Issue(string directory, string file, string name, CertificateRole role, IReadOnlyCollection<IPAddress> addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject(name, role, _cluster), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication, ClientAuthentication], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        request.CertificateExtensions.Add(AlternativeNames(name, addresses));

        var now = _time.GetUtcNow();
        // A signer may not outlive its authority: X509Certificate2.Create refuses it.
        var end = new[] { now + _lifetime, new DateTimeOffset(_certificate.NotAfter.ToUniversalTime()) }.Min();
        using var certificate = request.Create(_certificate, new[] { now - ClockSkew, new DateTimeOffset(_certificate.NotBefore.ToUniversalTime()) }.Max(), end, SerialNumber());

        Directory.CreateDirectory(directory);
        SavePublic(directory);
        File.WriteAllText(Path.Combine(directory, file + ".crt"), certificate.ExportCertificatePem() + "\n");
        PemFiles.WriteKey(Path.Combine(directory, file + ".key"), key);
    }

    private void SavePublic(string directory) =>
        File.WriteAllText(Path.Combine(directory, AuthorityFile), _certificate.ExportCertificatePem() + "\n");

    private static X509Extension AlternativeNames(string name, IReadOnlyCollection<IPAddress> addresses)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        foreach (var address in addresses)
        {
            names.AddIpAddress(address);
        }
        return names.Build();
    }

    // RFC 5280, 4.1.2.2: positive, at most 20 bytes.
    private static byte[] SerialNumber()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x7f | 0x01);
        return serial;
    }

    private static X500DistinguishedName Subject(string name, CertificateRole? role, string cluster)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(cluster);
        if (role is { } known)
        {
            subject.AddOrganizationalUnitName(known.ToString().ToLowerInvariant());
        }
        subject.AddCommonName(name);
        return subject.Build();
    }
}
