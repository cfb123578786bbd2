using System.Diagnostics;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>What the host's own programs listen on, looked at before anything is made.</summary>
public sealed class PortConflictTests
{
    // A listener (as socat has them), a port to publish on a network of these families, and whether the one is in the
    // other's way.
    private static readonly (string Listener, string Protocol, string? At, bool V6, bool Conflict)[] Cases =
    [
        ("TCP4-LISTEN:PORT", "tcp", null, false, true),
        ("TCP4-LISTEN:PORT,reuseaddr", "tcp", null, false, true),
        ("TCP4-LISTEN:PORT", "tcp", "0.0.0.0", false, true),
        ("TCP4-LISTEN:PORT", "tcp", "192.0.2.1", false, true),
        ("TCP4-LISTEN:PORT", "tcp", "127.0.0.1", false, true),
        ("TCP4-LISTEN:PORT", "tcp", "fd99::1", true, false),
        ("TCP4-LISTEN:PORT", "tcp", "::", true, false),
        ("TCP4-LISTEN:PORT,bind=192.0.2.1", "tcp", null, false, true),
        ("TCP4-LISTEN:PORT,bind=192.0.2.1", "tcp", "192.0.2.1", false, true),
        ("TCP4-LISTEN:PORT,bind=192.0.2.1", "tcp", "127.0.0.1", false, false),
        ("TCP4-LISTEN:PORT,bind=127.0.0.1", "tcp", "192.0.2.1", false, false),
        ("TCP4-LISTEN:PORT,bind=127.0.0.1", "tcp", null, false, true),
        ("TCP4-LISTEN:PORT", "udp", null, false, false),
        ("TCP6-LISTEN:PORT,ipv6only=1", "tcp", null, false, false),
        ("TCP6-LISTEN:PORT,ipv6only=1", "tcp", null, true, true),
        ("TCP6-LISTEN:PORT,ipv6only=0", "tcp", null, false, true),
        ("TCP6-LISTEN:PORT,ipv6only=0", "tcp", "127.0.0.1", false, true),
        ("TCP6-LISTEN:PORT,ipv6only=1", "tcp", "127.0.0.1", true, false),
        ("TCP6-LISTEN:PORT,ipv6only=1", "tcp", "fd99::1", true, true),
        ("TCP6-LISTEN:PORT,bind=[fd99::1]", "tcp", "fd99::1", true, true),
        ("TCP6-LISTEN:PORT,bind=[fd99::1]", "tcp", "::", true, true),
        ("TCP6-LISTEN:PORT,bind=[fd99::1]", "tcp", null, true, true),
        ("TCP6-LISTEN:PORT,bind=[fd99::1]", "tcp", "0.0.0.0", true, false),
        ("UDP4-RECVFROM:PORT,fork", "udp", null, false, true),
        ("UDP4-RECVFROM:PORT,fork,bind=192.0.2.1", "udp", null, false, true),
        ("UDP4-RECVFROM:PORT,fork,bind=192.0.2.1", "udp", "127.0.0.1", false, false),
        ("UDP4-RECVFROM:PORT,fork", "udp", "192.0.2.1", false, true),
        ("UDP4-RECVFROM:PORT,fork", "tcp", null, false, false),
        ("UDP6-RECVFROM:PORT,fork,ipv6only=1", "udp", null, true, true),
        ("UDP6-RECVFROM:PORT,fork,ipv6only=1", "udp", null, false, false),
        ("UDP6-RECVFROM:PORT,fork,bind=[fd99::1]", "udp", "fd99::1", true, true),
        ("UDP6-RECVFROM:PORT,fork,bind=[fd99::1]", "udp", "0.0.0.0", true, false),
    ];

    [Fact]
    public async Task EveryListener_IsInTheWayOfJustThePortsWhosePacketsItWouldLose()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        await agent.Applied(null, Partitions.Hosts);
        var before = Made(world);
        var listeners = Cases.Select((c, i) => Start(world, c.Listener.Replace("PORT", $"{PortOf(i)}", StringComparison.Ordinal))).ToArray();
        try
        {
            Shell.Until(() => Cases.Select((c, i) => (c.Listener, Port: PortOf(i))).All(c => Shell.Run($"ip netns exec {world.Host(1)} ss -Hln{(c.Listener.StartsWith("TCP", StringComparison.Ordinal) ? 't' : 'u')} sport = :{c.Port}").Length > 0));
            var wrong = Cases.Where((c, i) => Conflicts(agent, world, c.Protocol, c.At, c.V6, PortOf(i)) != c.Conflict).Select(c => $"{c}").ToArray();
            Assert.True(wrong.Length == 0, string.Join('\n', wrong));
            Assert.Equal(before, Made(world));
        }
        finally
        {
            foreach (var listener in listeners)
            {
                listener.Kill();
                await listener.WaitForExitAsync();
                listener.Dispose();
            }
        }
    }

    [Fact]
    public async Task OpenPorts_AreToldWhatTheHostsProgramsUse_InTheirRange()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        using var listener = Start(world, "TCP4-LISTEN:32770,bind=127.0.0.1");
        using var other = Start(world, "UDP6-RECVFROM:9003,fork,ipv6only=1");
        Shell.Until(() => Shell.Run($"ip netns exec {world.Host(1)} ss -Hlntu").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 2);

        Assert.Equal([new BusyPort("tcp", 32770)], Probe(Port("tcp", null, null)));
        Assert.Empty(Probe(Port("udp", null, null)));
        Assert.Equal([new BusyPort("udp", 9003)], Probe(Port("udp", null, 9000, last: 9003)));
        Assert.Empty(Probe(Port("udp", null, 9000, last: 9002), Port("tcp", null, 9000, last: 9003)));
        var address = Assert.Throws<RefusalException>(() => { Probe(Port("tcp", "192.0.2.77", null)); });
        Assert.Equal(ErrorCodes.InvalidArgument, address.Code);
        Assert.Contains("no such address", address.Message, StringComparison.Ordinal);
        foreach (var process in new[] { listener, other })
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        BusyPort[] Probe(params PortRequest[] ports) => [.. agent.Local.ProbePorts([.. ports], v4: true, v6: true)];
    }

    private static bool Conflicts(TestAgent agent, TwoHosts world, string protocol, string? at, bool v6, int port)
    {
        try
        {
            Assert.Empty(agent.Local.ProbePorts([Port(protocol, at, port)], v4: true, v6));
            return false;
        }
        catch (RefusalException refused)
        {
            Assert.Equal(ErrorCodes.PortTaken, refused.Code);
            Assert.StartsWith("socat (pid ", refused.Details["holder"], StringComparison.Ordinal);
            Assert.Contains($"port {port}/{protocol}", refused.Message, StringComparison.Ordinal);
            return true;
        }
    }

    private static int PortOf(int index) => 20_000 + index;

    private static PortRequest Port(string protocol, string? at, int? port, int? last = null) => new()
    {
        Protocol = protocol, HostAddress = at is null ? null : Address.Parse(at), HostPort = port, HostPortLast = last, SandboxPort = 80,
    };

    private static Process Start(TwoHosts world, string listener) => Shell.Start($"exec ip netns exec {world.Host(1)} socat {listener} SYSTEM:true");

    private static string Made(TwoHosts world) => Shell.Run($"ip -n {world.Host(1)} -o link | cut -d: -f2; ip netns exec {world.Host(1)} nft list ruleset; ip -n {world.Host(1)} route");
}
