using System.Globalization;
using System.Text.RegularExpressions;

namespace Overlay.Lab.Tests.EndToEnd;

/// <summary>The networks and sandboxes of one test, with names that no other test uses; removed at its end.</summary>
public sealed partial class World(LabOfThree lab) : IAsyncDisposable
{
    private readonly string _tag = Guid.NewGuid().ToString("N")[..5];
    private readonly List<string> _networks = [];
    private readonly List<string> _sandboxes = [];

    public string Name(string name) => $"{name}-{_tag}";

    /// <summary>A name for something that the test makes by itself and that is to be removed with the rest.</summary>
    public string Sandbox(string name)
    {
        _sandboxes.Add(Name(name));
        return Name(name);
    }

    public string Network(string name)
    {
        _networks.Add(Name(name));
        return Name(name);
    }

    public async Task<string> CreateNetwork(string name, string options)
    {
        var full = Network(name);
        (await lab.Overlay($"network create {options} {full}")).Ok();
        return full;
    }

    public async Task<string> CreateSandbox(string name, string host, string options)
    {
        var full = Sandbox(name);
        (await lab.Overlay($"sandbox create --host {host} {options} --name {full}")).Ok();
        return full;
    }

    /// <summary>The sandbox's address on its first interface, as its own kernel says.</summary>
    public async Task<string> AddressOf(string host, string sandbox)
    {
        var said = (await lab.In(host, sandbox, "ip -4 -o addr show dev eth0")).Ok().Output;
        return InetPattern().Match(said).Groups[1].Value;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sandbox in _sandboxes)
            await lab.Overlay($"sandbox rm -f {sandbox}");
        foreach (var network in _networks)
            await lab.Overlay($"network rm -f {network}");
    }

    /// <summary>Packets sent and received, from ping's last lines.</summary>
    public static (int Sent, int Received) Packets(Ran ping)
    {
        var match = PingPattern().Match(ping.Output);
        if (!match.Success)
            throw new Xunit.Sdk.XunitException("ping said nothing of packets:\n" + ping);
        return (int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"inet (\d+\.\d+\.\d+\.\d+)/")]
    private static partial Regex InetPattern();

    [GeneratedRegex(@"(\d+) packets transmitted, (\d+) received")]
    private static partial Regex PingPattern();
}
