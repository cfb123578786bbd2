using System.Diagnostics;
using Overlay.Lab.Tests.EndToEnd;

namespace Overlay.Lab.Tests.Soak;

/// <summary>
/// Random commands, kills and damage, from a seed, none of which concerns the network <paramref name="spared"/>. A
/// command may be refused (a host may be down, a name taken by what a refused command left to an audit); it must not
/// fail in any other way.
/// </summary>
internal sealed class SoakActions(LabOfThree lab, int seed, string spared)
{
    private const int MostSandboxes = 12, MostNetworks = 5;
    private static readonly string[] Hosts = ["h1", "h2", "h3"];

    private readonly Random _random = new(seed);
    private readonly Random _damage = new(seed + 1);
    private readonly List<string> _networks = [];
    private readonly List<string> _sandboxes = [];
    private readonly List<string> _log = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _number;

    /// <summary>What was done, when, with which outcome.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log);
        }
    }

    public int Count
    {
        get
        {
            lock (_log)
                return _log.Count;
        }
    }

    public async Task Commands(TimeSpan length)
    {
        while (_clock.Elapsed < length)
        {
            var words = Choose();
            var ran = await lab.Overlay(words);
            Note($"overlay {words} → {ran.ExitCode} {ran.Error.Trim()}");
            if (ran.ExitCode is not (0 or 1) || ran.Error.Contains("   at ", StringComparison.Ordinal))
                throw new Xunit.Sdk.XunitException($"a command failed instead of being refused: {ran}");
        }
    }

    /// <summary>Kills and damage; every host's overlayd runs again at the end.</summary>
    public async Task Damage(TimeSpan length)
    {
        while (_clock.Elapsed < length)
        {
            await Task.Delay(_damage.Next(300, 2500));
            var host = Hosts[_damage.Next(Hosts.Length)];
            if (_damage.Next(4) == 0)
                await Kill(host);
            else
                await Break(host, Drift.Kinds[_damage.Next(Drift.Kinds.Length)]);
        }
    }

    private async Task Kill(string host)
    {
        await lab.Lab.KillAsync(host);
        Note($"killed overlayd of {host}");
        await Task.Delay(_damage.Next(0, 3000));
        await lab.Lab.StartAsync(host);
        await lab.Lab.WaitReadyAsync(TimeSpan.FromSeconds(60), host);
        Note($"overlayd of {host} is ready again");
    }

    private async Task Break(string host, Drift drift)
    {
        var ran = await lab.On(host, "bash -c", drift.Script, "drift", spared, _damage.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Note($"{host}: {drift.Name} {ran.Output.Trim()}");
    }

    private string Choose()
    {
        var roll = _random.Next(100);
        if (_networks.Count == 0 || (roll < 8 && _networks.Count < MostNetworks))
            return NewNetwork();
        if (_sandboxes.Count < 3 || (roll < 45 && _sandboxes.Count < MostSandboxes))
            return NewSandbox();
        var (sandbox, network) = (Pick(_sandboxes), Pick(_networks));
        switch (roll)
        {
            case < 60:
                return $"network connect {network} {sandbox}";
            case < 70:
                return $"network disconnect {network} {sandbox}";
            case < 77:
                return $"sandbox stop {sandbox}";
            case < 84:
                return $"sandbox start {sandbox}";
            case < 88:
                _networks.Remove(network);
                return $"network rm -f {network}";
            default:
                _sandboxes.Remove(sandbox);
                return $"sandbox rm -f {sandbox}";
        }
    }

    private string NewNetwork()
    {
        var name = $"net{++_number}";
        _networks.Add(name);
        return "network create " + _random.Next(5) switch
        {
            0 => $"-d bridge {name}",
            1 => $"-d bridge --internal {name}",
            2 => $"-d macvlan -o parent=eth0 --subnet 192.168.{_number % 250}.0/24 {name}",
            3 => $"-d overlay --ipv6 {name}",
            _ => $"-d overlay {name}",
        };
    }

    private string NewSandbox()
    {
        var name = $"box{++_number}";
        _sandboxes.Add(name);
        var where = $"--host {Hosts[_random.Next(Hosts.Length)]} --network {Pick(_networks)} --name {name}";
        return _random.Next(4) switch
        {
            0 => $"run -d {where} -p {20000 + _number}:80 -- sleep 1000",
            1 => $"run -d --restart always {where} -- sleep 3",
            2 => $"run -d --rm {where} -- sleep 5",
            _ => $"sandbox create {where}",
        };
    }

    private string Pick(List<string> from) => from[_random.Next(from.Count)];

    private void Note(string what)
    {
        lock (_log)
            _log.Add($"{_clock.Elapsed.TotalSeconds,7:F1} {what}");
    }
}
