using System.Text;
using Overlay.Cli.App;
using Overlay.Cli.Control;
using Overlay.Cli.Foreground;
using Overlay.Contracts.Client;

namespace Overlay.Tests.Cli;

/// <summary>The command line in this process, with a fake cluster behind it and its output kept.</summary>
internal sealed class CliRun : IForegroundRunner, IDisposable
{
    private readonly DirectoryInfo _contexts = Directory.CreateTempSubdirectory("overlay-cli-");
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly MemoryStream _raw = new();
    private readonly CancellationTokenSource _interrupted = new();

    public FakeControlPlane Cluster { get; } = new();

    public string Out => _out.ToString();
    public string Error => _error.ToString();
    public string Raw => Encoding.UTF8.GetString(_raw.ToArray());

    /// <summary>What was run in the foreground, and what it exits with.</summary>
    public IReadOnlyList<string>? Ran { get; private set; }
    public Func<int> ForegroundStatus { get; set; } = () => 0;

    public string Answer { get; set; } = "";
    public bool Terminal { get; set; }
    public bool MayEnter { get; set; } = true;
    public Dictionary<string, ContextHost> LabHosts { get; } = [];
    public int Connections { get; private set; }

    /// <summary>Runs a command line; words are separated by '|' where one holds blanks, else by blanks.</summary>
    public async Task<int> Do(string line)
    {
        var store = new ContextStore(_contexts.FullName);
        store.Save(new OverlayContext("test", "test", ["127.0.0.1:1"], "", LabHosts));
        store.Use("test");
        var environment = new CliEnvironment
        {
            In = new StringReader(Answer),
            Out = _out,
            Error = _error,
            RawOut = _raw,
            InIsTerminal = Terminal,
            OutIsTerminal = Terminal,
            Colours = false,
            Contexts = store,
            Time = TimeProvider.System,
            Connect = Connect,
            Foreground = this,
            Machine = new LocalMachine("this-machine", MayEnter),
            Cancellation = _interrupted.Token,
        };
        return await new CliApp(environment).RunAsync(line.Split(line.Contains('|') ? '|' : ' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>As Ctrl-C does.</summary>
    public void Interrupt() => _interrupted.Cancel();

    public Task<int> RunAsync(IReadOnlyList<string> words)
    {
        Ran = words;
        return Task.FromResult(ForegroundStatus());
    }

    public void Dispose()
    {
        _contexts.Delete(recursive: true);
        _interrupted.Dispose();
    }

    private IControlPlane Connect(OverlayContext context, TimeSpan timeout)
    {
        Connections++;
        return Cluster;
    }
}
