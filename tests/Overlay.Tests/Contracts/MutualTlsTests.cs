using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Overlay.Contracts.Security;
using Overlay.Core;
using Overlay.Tests.Node;
using Xunit;

namespace Overlay.Tests.Contracts;

public sealed class MutualTlsTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly TemporaryDirectory _directory = new();
    private readonly SettableTime _time = new();
    private readonly CertificateAuthority _authority;

    public MutualTlsTests() => _authority = CertificateAuthority.Create("overlay", Lifetime, _time);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Connection_HostAndOperator_CarriesBytesBothWays() =>
        Assert.Equal("hello", await Exchange(Host("h1"), Client(CertificateRole.Operator), CertificateRole.Operator));

    [Fact]
    public async Task Connection_RoleThatIsNotAccepted_IsRefused() =>
        await AssertRefused(Host("h1"), Client(CertificateRole.Operator), CertificateRole.Host);

    [Fact]
    public async Task Connection_ServerThatIsNoHost_IsRefusedByTheClient() =>
        await AssertRefused(Client(CertificateRole.Operator), Client(CertificateRole.Operator), CertificateRole.Operator);

    [Fact]
    public async Task Connection_ClientOfAnotherAuthority_IsRefused()
    {
        using var rogue = CertificateAuthority.Create("overlay", Lifetime, _time);
        rogue.IssueClient(_directory.File("rogue"), "mallory", CertificateRole.Operator);

        await AssertRefused(Host("h1"), Load("rogue", MutualTls.ClientFile), CertificateRole.Operator);
    }

    [Fact]
    public async Task Connection_ClientThatHasExpired_IsRefused()
    {
        _time.Now -= Lifetime * 2;
        var expired = Client(CertificateRole.Operator);
        _time.Now += Lifetime * 2;

        await AssertRefused(Host("h1"), expired, CertificateRole.Operator);
    }

    [Fact]
    public async Task Connection_PlainText_IsRefusedWithoutAnAnswerFromBehind()
    {
        var (near, far) = Pair();
        var server = Server(Host("h1"), CertificateRole.Operator)(new DefaultConnectionContext("server", near, near));
        await far.Output.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.0\r\n\r\n"));
        await server;
        await near.Output.CompleteAsync();

        var answer = await far.Input.ReadAsync();
        Assert.DoesNotContain("GET", Encoding.ASCII.GetString(answer.Buffer.FirstSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Expired_SaysSo()
    {
        Host("h1");
        _time.Now += Lifetime * 2;

        Assert.Contains("expired", Assert.Throws<RefusalException>(() => Load("h1", MutualTls.HostFile)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingThere_NamesTheFiles() =>
        Assert.Contains("client.key", Assert.Throws<RefusalException>(() => Load("nowhere", MutualTls.ClientFile)).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_CertificateOfAnotherAuthority_IsRefused()
    {
        Host("h1");
        using var other = CertificateAuthority.Create("overlay", Lifetime, _time);
        other.IssueHost(_directory.File("other"), "h1");
        File.Copy(_directory.File("other/ca.crt"), _directory.File("h1/ca.crt"), overwrite: true);

        Assert.Contains("was not signed by ca.crt", Assert.Throws<RefusalException>(() => Load("h1", MutualTls.HostFile)).Message, StringComparison.Ordinal);
    }

    private MutualTls Host(string name)
    {
        _authority.IssueHost(_directory.File(name), name);
        return Load(name, MutualTls.HostFile);
    }

    private MutualTls Client(CertificateRole role)
    {
        _authority.IssueClient(_directory.File("client"), "someone", role);
        return Load("client", MutualTls.ClientFile);
    }

    private MutualTls Load(string directory, string name) => MutualTls.Load(_directory.File(directory), name, _time);

    private static async Task AssertRefused(MutualTls server, MutualTls client, CertificateRole accepted) =>
        Assert.NotEqual("hello", await Exchange(server, client, accepted));

    // The server answers with what it was sent; null when the connection ended without an answer.
    private static async Task<string?> Exchange(MutualTls server, MutualTls client, CertificateRole accepted)
    {
        var (near, far) = Pair();
        var serving = Serve();
        string? answer = null;
        try
        {
            await Builder(
                builder => builder.UseMutualTlsClient(client),
                async connection =>
                {
                    await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes("hello"));
                    var reply = await connection.Transport.Input.ReadAsync();
                    answer = Encoding.ASCII.GetString(reply.Buffer.FirstSpan);
                })(new DefaultConnectionContext("client", far, far));
        }
        catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
        {
        }
        await far.Output.CompleteAsync();
        await serving;
        return answer;

        async Task Serve()
        {
            await Server(server, accepted)(new DefaultConnectionContext("server", near, near));
            await near.Output.CompleteAsync();
        }
    }

    private static ConnectionDelegate Server(MutualTls tls, CertificateRole accepted) => Builder(
        builder => builder.UseMutualTlsServer(tls, accepted),
        async connection =>
        {
            var request = await connection.Transport.Input.ReadAsync();
            await connection.Transport.Output.WriteAsync(request.Buffer.First);
        });

    private static ConnectionDelegate Builder(Action<IConnectionBuilder> security, ConnectionDelegate behind)
    {
        var builder = new ConnectionBuilder(new ServiceCollection().AddLogging().BuildServiceProvider());
        security(builder);
        builder.Run(connection => behind(connection));
        return builder.Build();
    }

    private static (Duplex Near, Duplex Far) Pair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new Duplex(there.Reader, back.Writer), new Duplex(back.Reader, there.Writer));
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class SettableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
