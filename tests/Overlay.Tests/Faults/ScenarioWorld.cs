using System.Text;
using System.Text.RegularExpressions;
using Overlay.Agent;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing;
using Overlay.Testing.Agents;
using Overlay.Testing.Kernels;
using Overlay.Testing.Lives;
using Xunit;

namespace Overlay.Tests.Faults;

/// <summary>One host on a fake kernel, its disk, its supervisor's store and its agent, all of it the same in each run of
/// one scenario.</summary>
internal sealed partial class ScenarioWorld : IDisposable
{
    // A host is as it should be after a pass, a look at the pass's own echo, and one more pass for what met something
    // that was just going away.
    private const int TurnsToSettle = 24;

    private readonly string _directory = Directory.CreateDirectory(Path.Combine(Memory, $"overlay-faults-{Guid.NewGuid():N}")).FullName;
    private readonly ManualTime _time = new();
    private readonly FakeSocketStore _sockets = new();
    private readonly SceneObjects _objects = new();

    public ScenarioWorld()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "h1"));
        Directory.CreateDirectory(Path.Combine(_directory, "proc"));
        File.WriteAllText(Options.ResolvConf, "nameserver 192.0.2.53\n");
        Kernel.Host.Apply([new AddBridge("eth0") { Mtu = 1500, Up = true }, new AddAddress("eth0", Address.Parse("192.0.2.1"), 24)]);
    }

    public FakeKernel Kernel { get; } = new();

    public FakeCluster Cluster { get; } = new(seed: 7);

    /// <summary>What the steps have made, by name.</summary>
    public SceneObjects Objects => _objects;

    public SteppedAgent Agent { get; private set; } = null!;

    // The agent writes files to disk for good: in memory that costs nothing.
    private static string Memory => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    private AgentOptions Options => TestAgent.Options("h1", "192.0.2.1", _directory) with
    {
        ResyncInterval = TimeSpan.FromHours(1),
        Processes = Path.Combine(_directory, "proc"),
    };

    /// <summary>A new agent on what the one before left.</summary>
    /// <param name="life">Null: nothing ends it.</param>
    public void Start(Lifeline? life = null)
    {
        Agent = new SteppedAgent(Options, life is null ? Kernel : new MortalKernel(Kernel, life), Cluster.Control, life is null ? _sockets : new MortalStore(_sockets, life), _time);
        _life = life;
        TryStart();
    }

    private Lifeline? _life;

    // Why the agent ended at once; its supervisor starts it again.
    private string? _ended;

    public IEnumerable<string> Problems => _ended is null ? Agent.Problems.Values : [_ended];

    public IEnumerable<string> Reports => Problems.Concat(Agent.Warnings);

    public void NextTurn()
    {
        if (_ended is null)
            Agent.NextTurn();
        else
            Restart();
    }

    /// <summary>Nothing where the agent is dead: the next one is yet to start.</summary>
    public void Restart()
    {
        if (_life is { IsDead: true })
            return;
        Agent.Dispose();
        _life?.Bury();
        Start(_life);
    }

    /// <summary>The dead one's handles go, as with any process.</summary>
    public void Bury(Lifeline life)
    {
        life.Bury();
        Agent.Dispose();
    }

    /// <summary>The write to disk that was under way when the agent died: half of it got there.</summary>
    public void CutLastWrite()
    {
        var files = Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("resolv.conf", StringComparison.Ordinal) || f.Contains("/netns/", StringComparison.Ordinal));
        if (files.MaxBy(File.GetLastWriteTimeUtc) is not { } last)
            return;
        var half = File.ReadAllBytes(last)[..(int)(new FileInfo(last).Length / 2)];
        // A file that running processes see is written in place; any other is complete, or still has its other name.
        var inPlace = Path.GetFileName(last) is "hosts" or "resolv.conf";
        File.WriteAllBytes(inPlace ? last : Path.Combine(Path.GetDirectoryName(last)!, $".{Path.GetFileName(last)}.new"), half);
    }

    /// <summary>Pulls, and turns until one has nothing to do, without any look that only a timer would cause.</summary>
    public void Settle(string after)
    {
        Agent.Pull();
        for (var turn = 0; turn < TurnsToSettle; turn++)
        {
            var before = Kernel.Writes;
            NextTurn();
            if (turn > 0 && Kernel.Writes == before && !Problems.Any())
            {
                Agent.Mirror();
                return;
            }
        }
        Assert.Fail($"{after}: after {TurnsToSettle} turns the agent still writes, or reports {string.Join("; ", Problems)}; its last writes:\n{string.Join("\n", Kernel.Log.TakeLast(10))}");
    }

    /// <summary>Kernel, disk and store as text: the same for two worlds that differ only in numbers that the kernel gives.</summary>
    public string Print()
    {
        var text = new StringBuilder(Kernel.Print());
        Undisturbed(() => PrintFiles(text));
        return text.ToString();
    }

    /// <summary>By somebody else, whom no fault strikes.</summary>
    public void Undisturbed(Action does)
    {
        var fault = Kernel.Fault;
        Kernel.Fault = null;
        does();
        Kernel.Fault = fault;
    }

    public void Dispose()
    {
        Agent.Dispose();
        _sockets.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void PrintFiles(StringBuilder text)
    {
        var spaces = Kernel.Names().ToDictionary(name => IdOf(name).Inode.ToString(System.Globalization.CultureInfo.InvariantCulture));
        string Named(string inode) => spaces.TryGetValue(inode, out var name) ? name : "a namespace that is gone";
        foreach (var name in _sockets.Names.Select(n => n.Split('-')).Select(p => $"socket {p[1]} {p[2]} of {Named(p[3])}").Order(StringComparer.Ordinal))
            text.AppendLine(name);
        foreach (var file in Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            text.Append(Path.GetRelativePath(_directory, file)).Append(": ")
                .AppendLine(MarkedSpace().Replace(IsAnyContent(file) ? "" : File.ReadAllText(file), m => $"4 {Named(m.Groups["inode"].Value)}").Replace("\n", " | ", StringComparison.Ordinal));
        }
    }

    // The view's, the words of a table with the port that the kernel chose, and who was the first to need the directory.
    private static bool IsAnyContent(string file) =>
        file.Contains("/view/", StringComparison.Ordinal) || file.Contains("/nftables/", StringComparison.Ordinal) || file.EndsWith("/_directory", StringComparison.Ordinal);

    private void TryStart()
    {
        try
        {
            _ended = null;
            Agent.Start();
            Agent.Pull();
        }
        catch (KernelException failure)
        {
            _ended = failure.Message;
        }
    }

    private NamespaceId IdOf(string name)
    {
        using var space = Kernel.Open(name);
        return space.Id;
    }

    [GeneratedRegex(@"\b4 (?<inode>1\d{6}) 0\b")]
    private static partial Regex MarkedSpace();
}
