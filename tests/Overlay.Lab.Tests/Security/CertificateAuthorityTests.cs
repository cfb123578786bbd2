using System.Net;
using System.Security.Cryptography.X509Certificates;
using Overlay.Contracts.Security;
using Xunit;

namespace Overlay.Lab.Tests.Security;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("overlay-certificates-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void IssueHost_ByThisAuthority_IsTrustedByItAndByNoOther()
    {
        Issue("ours");
        using var host = X509Certificate2.CreateFromPemFile(FileIn("ours", "host.crt"), FileIn("ours", "host.key"));
        Issue("theirs");

        Assert.True(IsTrusted(host, FileIn("ours", "ca.crt")));
        Assert.False(IsTrusted(host, FileIn("theirs", "ca.crt")));
        Assert.True(host.MatchesHostname("10.0.0.1"));
        Assert.True(host.MatchesHostname("h1"));
        Assert.Contains("OU=host", host.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void IssueClient_AsAReader_SaysSoInItsSubject()
    {
        using var authority = CertificateAuthority.Create("c", TimeSpan.FromDays(1), TimeProvider.System);
        authority.IssueClient(_directory.FullName, "someone", CertificateRole.Reader);
        using var client = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_directory.FullName, "client.crt"));

        Assert.Contains("OU=reader", client.Subject, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory.FullName, "client.key")));
    }

    private void Issue(string directory)
    {
        using var authority = CertificateAuthority.Create("c", TimeSpan.FromDays(1), TimeProvider.System);
        authority.IssueHost(Path.Combine(_directory.FullName, directory), "h1", IPAddress.Parse("10.0.0.1"));
    }

    private string FileIn(string directory, string file) => Path.Combine(_directory.FullName, directory, file);

    private static bool IsTrusted(X509Certificate2 certificate, string authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(authority);
        return chain.Build(certificate);
    }
}
